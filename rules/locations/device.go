package locations

import (
	"bytes"
	"strings"
)

// device is what a client says of itself, shortened: "Firefox/Linux". It is a
// hint: whoever calls may claim anything.
type device string

// maxDevice bounds a device: the client writes it.
const maxDevice = 40

// newDevice makes a device of the client's name and system, as a user agent
// tells them. It is "" where AWS itself stands in the person's place, as in many
// calls that a console page makes.
func newDevice(name, system []byte) device {
	for _, proxy := range proxies {
		if bytes.Contains(name, proxy) {
			return ""
		}
	}
	b := make([]byte, 0, maxDevice)
	b = append(b, name[:min(len(name), maxDevice/2)]...)
	if len(system) > 0 {
		b = append(b, '/')
	}
	b = append(b, system[:min(len(system), maxDevice-len(b))]...)
	return device(b)
}

var proxies = [][]byte{[]byte("amazonaws.com"), []byte("AWS Internal"), []byte("aws-internal"), []byte("S3Console"), []byte("Coral/")}

func (d device) split() (name, system string) {
	name, system, _ = strings.Cut(string(d), "/")
	return name, system
}

var browsers = map[string]bool{"Firefox": true, "Chrome": true, "Safari": true, "Edge": true, "Opera": true}

// likeness says whether two clients can be on one device.
type likeness uint8

const (
	unsure likeness = iota
	same
	other
)

// like compares the clients of two sightings. Two browsers must be the same one
// on the same system, version and all; a tool and a browser may share a device if
// their systems agree, and Linux agrees with all, because tools run in containers
// and WSL.
func like(a, b *sighting) likeness {
	nameA, systemA := a.device.split()
	nameB, systemB := b.device.split()
	switch {
	case a.device == "" || b.device == "":
		return unsure
	case a.device == b.device && (a.build == b.build || !browsers[nameA]):
		return same
	case a.device == b.device:
		return unsure
	case browsers[nameA] && browsers[nameB]:
		return other
	case systemA == "" || systemB == "":
		return unsure
	case family(systemA) == family(systemB):
		return unsure
	case !browsers[nameA] && family(systemA) == "linux" && browsers[nameB], !browsers[nameB] && family(systemB) == "linux" && browsers[nameA]:
		return unsure
	}
	return other
}

// family takes the words of several clients for one system.
func family(system string) string {
	s := strings.ToLower(system)
	switch {
	case strings.HasPrefix(s, "mac"), strings.HasPrefix(s, "darwin"), strings.HasPrefix(s, "os x"):
		return "macos"
	case strings.HasPrefix(s, "win"):
		return "windows"
	case strings.HasPrefix(s, "linux"), strings.HasPrefix(s, "ubuntu"), strings.HasPrefix(s, "amazon"):
		return "linux"
	}
	return s
}
