package elasticsearch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/tidwall/gjson"
)

// Version counts the forms of what Prepare installs. A cluster that has a newer
// one, because a newer Burstwatch writes to it too, keeps that.
const Version = 1

// Prepare installs the templates unless the cluster has them already. It does
// so once; Write calls it, and burstwatch setup.
func (s *Sink) Prepare(ctx context.Context) error {
	if s.ready || !s.options.Templates {
		s.ready = true
		return nil
	}
	if err := s.install(ctx); err != nil {
		return err
	}
	s.ready = true
	return nil
}

// part is one thing that the cluster keeps for us.
type part struct {
	name     string
	get      esapi.Request
	put      func(body io.Reader) esapi.Request
	body     object
	optional bool // clusters without it exist
}

func (s *Sink) install(ctx context.Context) error {
	o := s.options
	if o.Retention > 0 {
		kept, err := s.installPart(ctx, lifecyclePart(o))
		if err != nil {
			return err
		}
		if !kept { // a template that names it would be refused
			o.Retention = 0
		}
	}
	for _, p := range []part{componentPart(), indexTemplate(eventsName, eventsTemplate(o)), indexTemplate(alertsName, alertsTemplate(o))} {
		if _, err := s.installPart(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func lifecyclePart(o Options) part {
	return part{
		name: "the lifecycle policy " + lifecycleName, body: lifecycle(o), optional: true,
		get: esapi.ILMGetLifecycleRequest{Policy: lifecycleName},
		put: func(b io.Reader) esapi.Request { return esapi.ILMPutLifecycleRequest{Policy: lifecycleName, Body: b} },
	}
}

func componentPart() part {
	return part{
		name: "the component template " + componentName, body: component(),
		get: esapi.ClusterGetComponentTemplateRequest{Name: []string{componentName}},
		put: func(b io.Reader) esapi.Request {
			return esapi.ClusterPutComponentTemplateRequest{Name: componentName, Body: b}
		},
	}
}

func indexTemplate(name string, body object) part {
	return part{
		name: "the index template " + name, body: body,
		get: esapi.IndicesGetIndexTemplateRequest{Name: name},
		put: func(b io.Reader) esapi.Request { return esapi.IndicesPutIndexTemplateRequest{Name: name, Body: b} },
	}
}

// installPart puts one part, unless the cluster has the same or a newer one.
// It is false where the cluster knows no such thing.
// Its _meta tells, so that a start costs one GET for each.
func (s *Sink) installPart(ctx context.Context, p part) (bool, error) {
	plain, err := json.Marshal(p.body)
	if err != nil {
		return false, fmt.Errorf("install %s: %w", p.name, err)
	}
	sum := sha256.Sum256(plain)
	hash := hex.EncodeToString(sum[:8])
	status, answer, err := s.call(ctx, p.get)
	if err != nil {
		return false, explain("look for "+p.name, err)
	}
	meta := findMeta(answer)
	switch has := meta.Get("burstwatch"); {
	case status == http.StatusOK && has.Int() > Version:
		s.log.Info("the cluster has a newer one of ours, which stays", "part", p.name, "version", has.Int(), "ours", Version)
		return true, nil
	case status == http.StatusOK && has.Int() == Version && meta.Get("hash").Str == hash:
		return true, nil
	}
	setMeta(p.body, object{"burstwatch": Version, "hash": hash})
	body, err := json.Marshal(p.body)
	if err != nil {
		return false, fmt.Errorf("install %s: %w", p.name, err)
	}
	if status, answer, err = s.call(ctx, p.put(bytes.NewReader(body))); err != nil {
		return false, explain("install "+p.name, err)
	}
	switch {
	case status < 300:
		s.log.Info("installed", "part", p.name, "version", Version)
		return true, nil
	case p.optional && (status == http.StatusBadRequest || status == http.StatusNotFound || status == http.StatusMethodNotAllowed):
		s.log.Warn("the cluster has no lifecycle management: retention is not kept by it", "part", p.name, "status", status)
		return false, nil
	}
	return false, refusal("install "+p.name, status, answer)
}

// setMeta puts what we say of a part where its kind has room for it.
func setMeta(body, meta object) {
	if policy, ok := body["policy"].(object); ok {
		policy["_meta"] = meta
		return
	}
	body["_meta"] = meta
}

// findMeta finds it again, whatever the cluster wraps it in.
func findMeta(answer []byte) gjson.Result {
	for _, path := range []string{
		"component_templates.0.component_template._meta", "index_templates.0.index_template._meta", lifecycleName + ".policy._meta",
	} {
		if m := gjson.GetBytes(answer, path); m.Exists() {
			return m
		}
	}
	return gjson.Result{}
}

// call makes one small request.
func (s *Sink) call(ctx context.Context, r esapi.Request) (int, []byte, error) {
	res, err := r.Do(ctx, s.transport)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close() //nolint:errcheck // it was read to its end
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	return res.StatusCode, answer, err
}

// makeIndices makes the indices that were not seen yet, with the alias of their
// dataset.
func (s *Sink) makeIndices(ctx context.Context, items []item) error {
	for i := range items {
		it := &items[i]
		if s.made[it.index] {
			continue
		}
		if err := s.makeIndex(ctx, it.index, it.alias); err != nil {
			return err
		}
		s.made[it.index] = true
	}
	return nil
}

func (s *Sink) makeIndex(ctx context.Context, index, alias string) error {
	r := esapi.IndicesCreateRequest{Index: index}
	if alias != "" {
		body, err := json.Marshal(object{"aliases": object{alias: object{}}})
		if err != nil {
			return fmt.Errorf("make the index %s: %w", index, err)
		}
		r.Body = bytes.NewReader(body)
	}
	status, answer, err := s.call(ctx, r)
	switch {
	case err != nil:
		return explain("make the index "+index, err)
	case status < 300:
		return nil
	case gjson.GetBytes(answer, "error.type").Str == "resource_already_exists_exception":
		return nil
	case strings.Contains(gjson.GetBytes(answer, "error.reason").Str, "data stream"):
		return fmt.Errorf("make the index %s: %s: another program writes a data stream of that name; choose another namespace", index, gjson.GetBytes(answer, "error.reason").Str)
	}
	return refusal("make the index "+index, status, answer)
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) + "ms" }
