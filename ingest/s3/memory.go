package s3

// memory holds the last some thousand message ids.
type memory struct {
	ids   map[string]bool
	order []string
}

const remembered = 10_000

func (d *memory) has(id string) bool { return d.ids[id] }

func (d *memory) add(id string) {
	if d.ids == nil {
		d.ids = map[string]bool{}
	}
	if d.ids[id] {
		return
	}
	if len(d.order) == remembered {
		delete(d.ids, d.order[0])
		d.order = d.order[1:]
	}
	d.ids[id] = true
	d.order = append(d.order, id)
}
