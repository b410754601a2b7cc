package decode

import (
	"fmt"
	"strings"

	"github.com/parquet-go/parquet-go/format"
)

// columnsOf finds the leaves of the schema. Lists have no place in lines.
func columnsOf(schema []format.SchemaElement) ([]*column, error) {
	w := schemaWalk{rest: schema}
	if len(schema) == 0 {
		return nil, &CorruptError{Reason: "the Parquet file has no columns"}
	}
	root := w.take()
	for range root.NumChildren.V {
		if err := w.element(nil, 0); err != nil {
			return nil, err
		}
	}
	if len(w.columns) == 0 || len(w.columns) > maxColumns {
		return nil, &CorruptError{Reason: fmt.Sprintf("the Parquet file has %d columns; 1 to %d are read", len(w.columns), maxColumns)}
	}
	return w.columns, nil
}

type schemaWalk struct {
	rest    []format.SchemaElement
	columns []*column
}

func (w *schemaWalk) take() *format.SchemaElement {
	e := &w.rest[0]
	w.rest = w.rest[1:]
	return e
}

func (w *schemaWalk) element(path []string, levels int) error {
	if len(w.rest) == 0 || len(path) > maxNesting {
		return &CorruptError{Reason: "the Parquet file's schema is damaged"}
	}
	e := w.take()
	path = append(path[:len(path):len(path)], e.Name)
	name := strings.Join(path, ".")
	switch {
	case e.RepetitionType.V == format.Repeated:
		return &CorruptError{Reason: fmt.Sprintf("the column %s of the Parquet file is a list, which is not read", name)}
	case e.RepetitionType.V == format.Optional:
		levels++
	}
	if e.NumChildren.Valid && e.NumChildren.V > 0 {
		for range e.NumChildren.V {
			if err := w.element(path, levels); err != nil {
				return err
			}
		}
		return nil
	}
	c := &column{name: name, path: path, kind: e.Type.V, length: int(e.TypeLength.V), levels: levels, style: styleOf(e)}
	if !e.Type.Valid || c.kind == format.FixedLenByteArray && (c.length <= 0 || c.length > maxPage) {
		return &CorruptError{Reason: fmt.Sprintf("the column %s of the Parquet file has no type", name)}
	}
	w.columns = append(w.columns, c)
	return nil
}
