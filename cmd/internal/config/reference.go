package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Option is one key of an options struct, for the reference page.
type Option struct {
	Key, Type, Default, Doc string
}

func describe(v reflect.Value, prefix string, out *[]Option) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, rest, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case rest == "inline":
			describe(v.Field(i), prefix, out)
		case name == "" || name == "-":
		case f.Type.Kind() == reflect.Struct && f.Type != nodeType && !reflect.PointerTo(f.Type).Implements(textType):
			describe(v.Field(i), prefix+name+".", out)
		default:
			*out = append(*out, Option{Key: prefix + name, Type: typeName(f.Type), Default: defaultText(v.Field(i)), Doc: f.Tag.Get("doc")})
		}
	}
}

func typeName(t reflect.Type) string {
	switch {
	case t == durationType:
		return "duration"
	case t.Name() == "Size":
		return "size"
	case t.Name() == "Secret":
		return "secret"
	case t.Kind() == reflect.Slice:
		return "list of " + typeName(t.Elem())
	case t.Kind() == reflect.Map:
		return "mapping"
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64 || t.Kind() == reflect.Uint64 || t.Kind() == reflect.Float64:
		return "number"
	case t.Kind() == reflect.Bool:
		return "true or false"
	}
	return "text"
}

func defaultText(v reflect.Value) string {
	if v.IsZero() || v.Kind() == reflect.Map {
		return ""
	}
	if v.Kind() == reflect.Slice {
		return strings.Trim(fmt.Sprint(v.Interface()), "[]")
	}
	return fmt.Sprint(v.Interface())
}
