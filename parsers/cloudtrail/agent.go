package cloudtrail

import (
	"bytes"

	"github.com/burstwatch/burstwatch/internal/event"
)

// agent is what a userAgent tells. All are parts of it, or constants.
type agent struct {
	name, version []byte
	os, osVersion []byte
	device        []byte
	underscores   bool // in osVersion, in place of dots (browsers on Apple's systems)
}

// product is a program that names itself somewhere in a userAgent, followed by
// its version.
type product struct {
	mark string // what stands before the version
	name []byte
}

// browsers, the ones that pretend to be others first.
var browsers = []product{
	{" Edg/", []byte("Edge")},
	{" OPR/", []byte("Opera")},
	{" Firefox/", []byte("Firefox")},
	{" Chrome/", []byte("Chrome")},
	{" Version/", []byte("Safari")},
}

// parseAgent reads a userAgent. It knows what calls AWS: the command line, the
// SDKs, infrastructure tools, consoles in a browser, services. Anything else is
// named by its first word.
func parseAgent(ua []byte) (a agent) {
	switch {
	case len(ua) == 0:
		return a
	case bytes.HasPrefix(ua, []byte("Mozilla/")):
		a.browser(ua)
		return a
	case ua[0] == '[' && ua[len(ua)-1] == ']':
		ua = ua[1 : len(ua)-1]
	}
	if bytes.HasSuffix(ua, []byte(".amazonaws.com")) || bytes.IndexByte(ua, '/') < 0 {
		a.name = ua
		return a
	}
	a.program(ua)
	return a
}

// program reads the words of a program's userAgent, name/version each, in one
// pass. Tools that people know by name count for more than the library that
// they use, and the first word counts where there is none of these.
func (a *agent) program(ua []byte) {
	rank, begin, slash := -1, 0, -1
	for i := 0; i <= len(ua); i++ {
		if i < len(ua) && ua[i] != ' ' {
			if ua[i] == '/' && slash < 0 {
				slash = i
			}
			continue
		}
		if slash >= 0 {
			name, version := ua[begin:slash], versionOf(ua[slash+1:i])
			if r := rankOf(name); r > rank {
				a.name, a.version, rank = name, version, r
			}
			a.system(name, version)
		} else if i > begin && ua[i-1] == ';' {
			a.system(ua[begin:i-1], nil)
		}
		begin, slash = i+1, -1
	}
}

// rankOf says how much a name tells of who called.
func rankOf(name []byte) int {
	switch string(name) {
	case "Terraform", "OpenTofu", "Pulumi":
		return 2
	case "aws-cli", "Boto3", "S3Console":
		return 1
	}
	return 0
}

// system recognises the word for an operating system, in the spellings of the
// SDKs: Linux/5.10, os/linux, os/linux#5.10, "linux;". Darwin's version is the
// kernel's, not the system's, and is left out.
func (a *agent) system(name, version []byte) {
	if string(name) == "os" {
		name, version, _ = bytes.Cut(version, []byte("#"))
		if system, number, ok := bytes.Cut(name, []byte("/")); ok {
			name, version = system, number
		}
	}
	switch string(name) {
	case "Linux", "linux":
		a.os, a.osVersion = linux, version
	case "Darwin", "darwin", "macos":
		a.os, a.osVersion = macOS, nil
		if string(name) == "macos" {
			a.osVersion = version
		}
	case "Windows", "windows":
		a.os, a.osVersion = windows, version
	}
}

var (
	linux   = []byte("Linux")
	macOS   = []byte("Mac OS X")
	windows = []byte("Windows")
)

func (a *agent) browser(ua []byte) {
	for i := range browsers {
		if version := behind(ua, browsers[i].mark); version != nil {
			a.name, a.version = browsers[i].name, versionOf(version)
			break
		}
	}
	in, _, _ := bytes.Cut(behind(ua, "("), []byte(")"))
	switch {
	case bytes.HasPrefix(in, []byte("Windows NT ")):
		a.os, a.osVersion = windows, versionOf(in[len("Windows NT "):])
	case bytes.HasPrefix(in, []byte("iPhone")), bytes.HasPrefix(in, []byte("iPad")):
		a.device, _, _ = bytes.Cut(in, []byte(";"))
		a.os, a.osVersion, a.underscores = []byte("iOS"), versionOf(behind(in, "OS ")), true
	case bytes.HasPrefix(in, []byte("Macintosh")):
		a.device = []byte("Mac")
		a.os, a.osVersion, a.underscores = macOS, versionOf(behind(in, "Mac OS X ")), true
	case bytes.Contains(in, []byte("Android ")):
		a.os, a.osVersion = []byte("Android"), versionOf(behind(in, "Android "))
	case bytes.Contains(in, []byte("Ubuntu")):
		a.os = []byte("Ubuntu")
	case bytes.Contains(in, []byte("CrOS")):
		a.os = []byte("Chrome OS")
	case bytes.Contains(in, []byte("Linux")):
		a.os = linux
	}
}

// versionOf is what b begins with as far as it can be part of a version.
func versionOf(b []byte) []byte {
	for i, c := range b {
		if c == ' ' || c == ';' || c == ')' || c == ',' || c == '(' || c == '"' || c == '\\' {
			return b[:i]
		}
	}
	return b
}

// osVersionValue is the version with dots.
func (a *agent) osVersionValue(s *event.Scratch) event.Value {
	v := escaped(a.osVersion)
	if !a.underscores || bytes.IndexByte(a.osVersion, '_') < 0 {
		return v
	}
	out := append(s.Alloc(len(a.osVersion)), a.osVersion...)
	for i, c := range out {
		if c == '_' {
			out[i] = '.'
		}
	}
	return escaped(out)
}

// osFull is the operating system with its version.
func (a *agent) osFull(s *event.Scratch) event.Value {
	version := a.osVersionValue(s)
	if len(a.os) == 0 || version.IsNull() {
		return escaped(a.os)
	}
	out := append(s.Alloc(len(a.os)+1+len(version.Bytes)), a.os...)
	return escaped(append(append(out, ' '), version.Bytes...))
}
