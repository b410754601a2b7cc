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
	if s.options.Retention > 0 {
		kept, err := s.installPart(ctx, lifecyclePart(s.options))
		if err != nil {
			return err
		}
		if !kept { // a template that names it would be refused
			s.options.Retention = 0
		}
	}
	o := s.options
	for _, p := range []part{componentPart(), indexTemplate(alertsName+"-"+o.Namespace, alertsTemplate(o))} {
		if _, err := s.installPart(ctx, p); err != nil {
			return err
		}
	}
	for _, dataset := range s.datasets {
		if err := s.meet(ctx, s.names.alias(dataset)); err != nil {
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

// meet installs the template of a dataset unless that was done: it gives the
// dataset's indices their mappings and their alias. Indices make themselves when
// they are first written to, because making one with an alias asks for more
// rights than a sink should have.
func (s *Sink) meet(ctx context.Context, alias string) error {
	if s.met[alias] {
		return nil
	}
	if _, err := s.installPart(ctx, indexTemplate("burstwatch-"+alias, datasetTemplate(s.options, alias))); err != nil {
		return err
	}
	s.met[alias] = true
	return nil
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) + "ms" }
