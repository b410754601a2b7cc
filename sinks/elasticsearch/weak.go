package elasticsearch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
)

// weaken sends items again with their fields of unknown shape out of the way:
// objects that nest deeper, or whose keys are longer, than an index takes. They
// stand below burstwatch.unindexed then, which is kept and not looked into.
func (s *Sink) weaken(ctx context.Context, items []item, v *verdict) error {
	var list []item
	for _, it := range items {
		doc, ok := asideObjects(it.doc)
		if !ok {
			v.refuse(&it, fmt.Sprintf("%s refused it: %s", it.index, it.why))
			continue
		}
		it.doc, it.weak = doc, true
		list = append(list, it)
	}
	if len(list) == 0 {
		return nil
	}
	s.log.Warn("the cluster cannot map some documents: they are kept with their fields of unknown shape unindexed",
		"documents", len(list), "index", list[0].index, "reason", list[0].why)
	err := s.send(ctx, list, v)
	if err != nil {
		for i := range list {
			v.again(&list[i], err)
		}
	}
	return nil
}

// asideObjects moves the flattened fields of a document aside; false if it has
// none.
func asideObjects(doc []byte) ([]byte, bool) {
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber() // numbers stay as they were written
	var root map[string]any
	if d.Decode(&root) != nil {
		return nil, false
	}
	aside := map[string]any{}
	for k := range event.Key(event.Keys) {
		if def := k.Definition(); def.Type == "flattened" {
			if value, ok := take(root, strings.Split(def.Name, ".")); ok {
				aside[def.Name] = value
			}
		}
	}
	if len(aside) == 0 {
		return nil, false
	}
	own, _ := root["burstwatch"].(map[string]any)
	if own == nil {
		own = map[string]any{}
	}
	own["unindexed"], root["burstwatch"] = aside, own
	text, err := json.Marshal(root)
	return text, err == nil
}

// take removes the value at a path; false if there is none.
func take(in map[string]any, path []string) (any, bool) {
	if len(path) == 1 {
		value, ok := in[path[0]]
		delete(in, path[0])
		return value, ok
	}
	next, ok := in[path[0]].(map[string]any)
	if !ok {
		return nil, false
	}
	return take(next, path[1:])
}
