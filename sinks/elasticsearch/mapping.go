package elasticsearch

import (
	"strings"

	"github.com/burstwatch/burstwatch/internal/event"
)

// Limits of the mappings.
const (
	// longest is the most characters of a keyword that are indexed: a term may
	// have 32,766 bytes, and a character may have four. Longer ones are kept.
	longest = 8191
	// deepest is how deep a field of unknown shape may nest.
	deepest = 100
	// fields is the most that an index may have; the schema has far fewer.
	fields = 2000
)

// object is a JSON object.
type object = map[string]any

// mappings are those of the schema table. What the table does not name is kept
// and not indexed, so that no document can change a mapping.
func mappings() object {
	root := object{}
	for k := range event.Key(event.Keys) {
		def := k.Definition()
		place(root, strings.Split(def.Name, "."), field(def))
	}
	place(root, []string{"burstwatch", "unindexed"}, object{"type": "object", "enabled": false})
	return object{"dynamic": false, "properties": root, "_meta": object{"made_by": "burstwatch"}}
}

// field is the mapping of one field. A value of another form than its type is
// kept and not indexed, rather than that its document be refused.
func field(def *event.Definition) object {
	f := object{"type": def.Type}
	switch def.Type {
	case "keyword":
		f["ignore_above"] = longest
	case "flattened":
		f["ignore_above"], f["depth_limit"] = longest, deepest
	case "long", "float", "date", "ip", "geo_point":
		f["ignore_malformed"] = true
	}
	if def.NotIndexed {
		delete(f, "ignore_above") // nothing of it is indexed
		f["index"], f["doc_values"] = false, false
	}
	return f
}

// place puts a field at its path.
func place(in object, path []string, f object) {
	if len(path) == 1 {
		in[path[0]] = f
		return
	}
	parent, _ := in[path[0]].(object)
	if parent == nil {
		parent = object{"properties": object{}}
		in[path[0]] = parent
	}
	below, _ := parent["properties"].(object)
	if below == nil {
		below = object{}
		parent["properties"] = below
	}
	place(below, path[1:], f)
}

// Names of what is installed; that of a dataset's template is burstwatch- and
// the alias, so that two Burstwatches with a namespace each can write to one
// cluster.
const (
	componentName = "burstwatch-ecs"
	alertsName    = "burstwatch-alerts"
	lifecycleName = "burstwatch-events"
	// Elastic's own templates for logs-*-* have the priority 100.
	priority = 500
)

// component holds the mappings that all indices share.
func component() object {
	return object{"template": object{"mappings": mappings()}}
}

// datasetTemplate is that of the indices of one dataset: they have its alias.
// There is none for all datasets, because the patterns of two namespaces would
// overlap, which the cluster refuses.
func datasetTemplate(o Options, alias string) object {
	t := template(o, eventSettings(o), alias+"-2*", alias+"-undated")
	inner, _ := t["template"].(object)
	inner["aliases"] = object{alias: object{}}
	return t
}

func eventSettings(o Options) object {
	settings := object{"refresh_interval": "5s", "mapping": object{"total_fields": object{"limit": fields}}, "codec": "best_compression"}
	if o.Retention > 0 {
		settings["lifecycle"] = object{"name": lifecycleName}
	}
	return settings
}

// alertsTemplate is that of the index of alerts.
func alertsTemplate(o Options) object {
	return template(o, object{"refresh_interval": "1s", "mapping": object{"total_fields": object{"limit": fields}}}, o.AlertIndex)
}

func template(o Options, settings object, patterns ...string) object {
	settings["number_of_shards"], settings["number_of_replicas"] = o.Shards, o.Replicas
	return object{
		"index_patterns": patterns, "priority": priority, "composed_of": []string{componentName},
		"template": object{"settings": object{"index": settings}},
	}
}

// lifecycle deletes an index some time after it was made.
func lifecycle(o Options) object {
	return object{"policy": object{"phases": object{
		"hot":    object{"min_age": "0ms", "actions": object{}},
		"delete": object{"min_age": milliseconds(o.Retention), "actions": object{"delete": object{}}},
	}}}
}
