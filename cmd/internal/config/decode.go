package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/burstwatch/burstwatch/internal/plugin"
)

// decoder reads YAML nodes into Go values by their yaml tags and collects every
// problem. yaml's own decoder stops at the first unknown key and prints the
// value that it could not convert, which may be a secret.
type decoder struct {
	file     string
	hidden   []string // what was substituted
	problems Problems
}

// fail notes a problem. Options that validate themselves may quote what they
// were given, so every secret is taken out again here, in one place.
func (d *decoder) fail(n *yaml.Node, key, format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	for _, secret := range d.hidden {
		reason = strings.ReplaceAll(reason, secret, "REDACTED")
		key = strings.ReplaceAll(key, secret, "REDACTED")
	}
	d.problems = append(d.problems, Problem{File: d.file, Line: n.Line, Column: n.Column, Key: key, Reason: reason})
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	nodeType     = reflect.TypeFor[yaml.Node]()
	textType     = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// value reads n into v, which must be settable.
func (d *decoder) value(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Tag == "!!null" {
		return
	}
	switch {
	case v.Type() == nodeType:
		v.Set(reflect.ValueOf(*n))
	case v.Type() == durationType:
		d.scalar(n, key, "a duration such as 30s or 5m", func() error {
			t, err := time.ParseDuration(n.Value)
			v.SetInt(int64(t))
			return err
		})
	case v.Addr().Type().Implements(textType):
		d.text(n, v, key)
	default:
		d.kind(n, v, key)
	}
}

func (d *decoder) text(n *yaml.Node, v reflect.Value, key string) {
	if n.Kind != yaml.ScalarNode {
		d.fail(n, key, "want one value, not %s", shape(n))
		return
	}
	t, _ := v.Addr().Interface().(encoding.TextUnmarshaler)
	if err := t.UnmarshalText([]byte(n.Value)); err != nil {
		d.fail(n, key, "%v", err)
	}
}

func (d *decoder) kind(n *yaml.Node, v reflect.Value, key string) {
	switch v.Kind() {
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		d.value(n, p.Elem(), key)
		v.Set(p)
	case reflect.Struct:
		d.structs(n, key, v.Addr().Interface())
	case reflect.Map:
		d.mapping(n, v, key)
	case reflect.Slice:
		d.list(n, v, key)
	case reflect.String:
		d.scalar(n, key, "text", func() error { v.SetString(n.Value); return nil })
	case reflect.Bool:
		d.scalar(n, key, "true or false", func() error {
			b, err := strconv.ParseBool(n.Value)
			v.SetBool(b)
			return err
		})
	case reflect.Int, reflect.Int64:
		d.scalar(n, key, "a whole number", func() error {
			i, err := strconv.ParseInt(n.Value, 10, 64)
			v.SetInt(i)
			return err
		})
	case reflect.Uint, reflect.Uint64:
		d.scalar(n, key, "a whole number from 0", func() error {
			i, err := strconv.ParseUint(n.Value, 10, 64)
			v.SetUint(i)
			return err
		})
	case reflect.Float64:
		d.scalar(n, key, "a number", func() error {
			f, err := strconv.ParseFloat(n.Value, 64)
			v.SetFloat(f)
			return err
		})
	default:
		d.fail(n, key, "options of type %s cannot be configured", v.Type())
	}
}

func (d *decoder) scalar(n *yaml.Node, key, want string, set func() error) {
	if n.Kind != yaml.ScalarNode {
		d.fail(n, key, "want %s, not %s", want, shape(n))
		return
	}
	if err := set(); err != nil {
		d.fail(n, key, "want %s", want)
	}
}

func shape(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	default:
		return "a single value"
	}
}

// list reads a sequence; one scalar, or one mapping where mappings are listed,
// stands for a list of one.
func (d *decoder) list(n *yaml.Node, v reflect.Value, key string) {
	items := n.Content
	switch {
	case n.Kind == yaml.SequenceNode:
	case n.Kind == yaml.ScalarNode, n.Kind == yaml.MappingNode && isMapping(v.Type().Elem()):
		items = []*yaml.Node{n}
	default:
		d.fail(n, key, "want a list, not %s", shape(n))
		return
	}
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		d.value(item, out.Index(i), fmt.Sprintf("%s[%d]", key, i))
	}
	v.Set(out)
}

func (d *decoder) mapping(n *yaml.Node, v reflect.Value, key string) {
	out := reflect.MakeMap(v.Type())
	d.pairs(n, key, func(k, item *yaml.Node) bool {
		e := reflect.New(v.Type().Elem()).Elem()
		d.value(item, e, join(key, k.Value))
		out.SetMapIndex(reflect.ValueOf(k.Value).Convert(v.Type().Key()), e)
		return true
	})
	v.Set(out)
}

// structs reads a mapping into several option structs at once: each key goes to
// the one that has it. That is how a sink's own options and those that every
// sink takes stand side by side in the file.
func (d *decoder) structs(n *yaml.Node, key string, targets ...any) {
	var known []string
	fields := map[string]reflect.Value{}
	for _, t := range targets {
		collect(reflect.ValueOf(t).Elem(), fields)
	}
	for name := range fields {
		known = append(known, name)
	}
	slices.Sort(known)
	at := map[string]*yaml.Node{}
	d.pairs(n, key, func(k, item *yaml.Node) bool {
		f, ok := fields[k.Value]
		if ok {
			at[k.Value] = item
			d.value(item, f, join(key, k.Value))
		}
		return ok
	}, known...)
	for _, t := range targets {
		d.validate(n, at, key, t)
	}
}

func collect(v reflect.Value, into map[string]reflect.Value) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, rest, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case rest == "inline":
			collect(v.Field(i), into)
		case name != "" && name != "-":
			into[name] = v.Field(i)
		}
	}
}

// pairs calls take for each key; a false answer means that the key is unknown.
func (d *decoder) pairs(n *yaml.Node, key string, take func(k, v *yaml.Node) bool, known ...string) {
	if n.Kind != yaml.MappingNode {
		d.fail(n, key, "want a mapping, not %s", shape(n))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		switch {
		case seen[k.Value]:
			d.fail(k, join(key, k.Value), "stands twice")
		case !take(k, n.Content[i+1]):
			d.fail(k, join(key, k.Value), "unknown key%s", suggest(k.Value, known))
		}
		seen[k.Value] = true
	}
}

// validate lets options judge themselves. at finds the node of a faulty key.
func (d *decoder) validate(n *yaml.Node, at map[string]*yaml.Node, key string, target any) {
	v, ok := target.(plugin.Validator)
	if !ok {
		return
	}
	for _, err := range split(v.Validate()) {
		var f plugin.FieldError
		if !errors.As(err, &f) {
			d.fail(n, key, "%v", err)
			continue
		}
		node := at[strings.SplitN(f.Key, ".", 2)[0]]
		if node == nil {
			node = n
		}
		d.fail(node, join(key, f.Key), "%s", f.Reason)
	}
}

func split(err error) []error {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	return []error{err}
}

func join(key, name string) string {
	if key == "" {
		return name
	}
	return key + "." + name
}
