package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/burstwatch/burstwatch/internal/plugin"
)

// Option is one key of an options struct, for the reference page.
type Option struct {
	// Key is dotted where nested; [] follows what is a list of mappings.
	Key string
	// Type is in the words of the page: text, number, duration, size, list of …
	Type string
	// Default is as one would type it, "" for none.
	Default string
	// Doc is the doc tag.
	Doc string
}

func describe(v reflect.Value, prefix string, out *[]Option) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, rest, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case rest == "inline":
			describe(v.Field(i), prefix, out)
		case name == "" || name == "-":
		default:
			*out = append(*out, Option{Key: prefix + name, Type: typeName(f.Type), Default: defaultText(v.Field(i)), Doc: f.Tag.Get("doc")})
			members(v.Field(i), prefix+name, out)
		}
	}
}

// members describes what a mapping, or each of a list of mappings, may hold.
func members(v reflect.Value, key string, out *[]Option) {
	switch {
	case isMapping(v.Type()):
		describe(v, key+".", out)
	case v.Kind() == reflect.Slice && isMapping(v.Type().Elem()):
		describe(reflect.Zero(v.Type().Elem()), key+"[].", out)
	}
}

func isMapping(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != nodeType && !reflect.PointerTo(t).Implements(textType)
}

func typeName(t reflect.Type) string {
	switch {
	case t == durationType:
		return "duration"
	case t == sizeType:
		return "size"
	case t == secretType:
		return "secret"
	case t.Kind() == reflect.Slice && isMapping(t.Elem()):
		return "list of mappings"
	case t.Kind() == reflect.Slice:
		return "list of " + strings.Replace(typeName(t.Elem()), "text", "texts", 1)
	case t.Kind() == reflect.Map, isMapping(t):
		return "mapping"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.ConvertibleTo(numberType) && t.Kind() != reflect.String:
		return "number"
	}
	return "text"
}

var (
	sizeType   = reflect.TypeFor[plugin.Size]()
	secretType = reflect.TypeFor[plugin.Secret]()
	numberType = reflect.TypeFor[float64]()
)

// defaultText is a default as one would type it.
func defaultText(v reflect.Value) string {
	switch x := v.Interface().(type) {
	case time.Duration:
		return shortDuration(x)
	case plugin.Size:
		return x.Exact()
	case plugin.Secret:
		return ""
	}
	switch {
	case isMapping(v.Type()), v.Kind() == reflect.Map, v.Kind() == reflect.Slice && v.Len() == 0:
		return ""
	case v.Kind() == reflect.Slice:
		return strings.ReplaceAll(fmt.Sprint(v.Interface()), " ", ", ")
	}
	return fmt.Sprint(v.Interface())
}

// shortDuration is without the units that are nought: 5m, not 5m0s.
func shortDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
