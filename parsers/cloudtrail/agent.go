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

// wrappers name themselves behind or before the library that they use; the
// user knows them, not the library.
var wrappers = []product{
	{" Terraform/", []byte("Terraform")},
	{" OpenTofu/", []byte("OpenTofu")},
	{"aws-cli/", []byte("aws-cli")},
	{"Boto3/", []byte("Boto3")},
	{"S3Console/", []byte("S3Console")},
	{"Pulumi/", []byte("Pulumi")},
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
	a.system(ua)
	return a
}

func (a *agent) program(ua []byte) {
	for i := range wrappers {
		if a.take(ua, &wrappers[i]) {
			return
		}
	}
	first, _, _ := bytes.Cut(ua, []byte(" "))
	if name, version, ok := bytes.Cut(first, []byte("/")); ok {
		a.name, a.version = name, versionOf(version)
	}
}

func (a *agent) take(ua []byte, p *product) bool {
	at := bytes.Index(ua, []byte(p.mark))
	if at < 0 {
		return false
	}
	a.name, a.version = p.name, versionOf(ua[at+len(p.mark):])
	return true
}

// systems are how SDKs name the operating system, before its version.
var systems = []product{
	{"Linux/", []byte("Linux")},
	{"os/linux", []byte("Linux")},
	{"os/Linux", []byte("Linux")},
	{"; linux;", []byte("Linux")},
	{"Darwin/", []byte("Mac OS X")},
	{"os/macos", []byte("Mac OS X")},
	{"; darwin;", []byte("Mac OS X")},
	{"Windows/", []byte("Windows")},
	{"os/windows", []byte("Windows")},
	{"; windows;", []byte("Windows")},
}

// system looks for an operating system in an SDK's words. Darwin's version is
// the kernel's, not the system's, and is left out.
func (a *agent) system(ua []byte) {
	for i := range systems {
		at := bytes.Index(ua, []byte(systems[i].mark))
		if at < 0 {
			continue
		}
		a.os = systems[i].name
		rest := ua[at+len(systems[i].mark):]
		if len(rest) > 1 && (rest[0] == '#' || rest[0] == '/') {
			rest = rest[1:]
		}
		if len(rest) > 0 && rest[0] >= '0' && rest[0] <= '9' && systems[i].mark != "Darwin/" {
			a.osVersion = versionOf(rest)
		}
		return
	}
}

func (a *agent) browser(ua []byte) {
	for i := range browsers {
		if a.take(ua, &browsers[i]) {
			break
		}
	}
	in, _, _ := bytes.Cut(behind(ua, "("), []byte(")"))
	switch {
	case bytes.HasPrefix(in, []byte("Windows NT ")):
		a.os, a.osVersion = []byte("Windows"), versionOf(in[len("Windows NT "):])
	case bytes.HasPrefix(in, []byte("iPhone")), bytes.HasPrefix(in, []byte("iPad")):
		a.device, _, _ = bytes.Cut(in, []byte(";"))
		a.os, a.osVersion, a.underscores = []byte("iOS"), versionOf(behind(in, "OS ")), true
	case bytes.HasPrefix(in, []byte("Macintosh")):
		a.device = []byte("Mac")
		a.os, a.osVersion, a.underscores = []byte("Mac OS X"), versionOf(behind(in, "Mac OS X ")), true
	case bytes.Contains(in, []byte("Android ")):
		a.os, a.osVersion = []byte("Android"), versionOf(behind(in, "Android "))
	case bytes.Contains(in, []byte("Ubuntu")):
		a.os = []byte("Ubuntu")
	case bytes.Contains(in, []byte("CrOS")):
		a.os = []byte("Chrome OS")
	case bytes.Contains(in, []byte("Linux")):
		a.os = []byte("Linux")
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
