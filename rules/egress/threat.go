package egress

// Threats are threat lists.
type Threats struct{}

func (d *Detector) list(*pair) {}
