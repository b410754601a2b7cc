package elasticsearch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/tidwall/gjson"
)

// check asks the cluster who we are and whether we may do what writing needs.
// It changes nothing.
func (s *Sink) check(ctx context.Context) error {
	events, _ := s.names.of("aws.cloudtrail", 0)
	wants := []object{
		{"names": []string{events}, "privileges": []string{"create_index", "create_doc"}},
		{"names": []string{s.options.AlertIndex}, "privileges": []string{"create_index", "index"}},
	}
	var cluster []string
	if s.options.Templates {
		cluster = append(cluster, "manage_index_templates")
	}
	body, err := json.Marshal(object{"index": wants, "cluster": cluster})
	if err != nil {
		return err
	}
	status, answer, err := s.call(ctx, esapi.SecurityHasPrivilegesRequest{Body: bytes.NewReader(body)})
	switch {
	case err != nil:
		return explain("ask what we may do", err)
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed, status == http.StatusBadRequest:
		return s.reach(ctx) // OpenSearch, or no security
	case status != http.StatusOK:
		return refusal("ask what we may do", status, answer)
	}
	return missing(answer)
}

// missing names the rights that an answer denies.
func missing(answer []byte) error {
	if gjson.GetBytes(answer, "has_all_requested").Bool() {
		return nil
	}
	var list []string
	deny := func(on string, rights gjson.Result) {
		rights.ForEach(func(right, has gjson.Result) bool {
			if !has.Bool() {
				list = append(list, right.Str+" on "+on)
			}
			return true
		})
	}
	deny("the cluster", gjson.GetBytes(answer, "cluster"))
	gjson.GetBytes(answer, "index").ForEach(func(name, rights gjson.Result) bool {
		deny(name.Str, rights)
		return true
	})
	if len(list) == 0 {
		return errors.New("ask what we may do: the answer is not of Elasticsearch")
	}
	return fmt.Errorf("%s may not: %s", gjson.GetBytes(answer, "username").Str, strings.Join(list, ", "))
}

// reach asks for nothing but an answer.
func (s *Sink) reach(ctx context.Context) error {
	status, answer, err := s.call(ctx, esapi.IndicesExistsRequest{Index: []string{s.options.AlertIndex}})
	switch {
	case err != nil:
		return explain("reach the cluster", err)
	case status == http.StatusOK, status == http.StatusNotFound:
		return nil
	}
	return refusal("reach the cluster", status, answer)
}
