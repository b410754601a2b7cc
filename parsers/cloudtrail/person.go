package cloudtrail

import "bytes"

// isEMail reports whether a name is an e-mail address.
func isEMail(name []byte) bool {
	at := bytes.IndexByte(name, '@')
	if at <= 0 || bytes.IndexByte(name[at+1:], '@') >= 0 {
		return false
	}
	dot := bytes.LastIndexByte(name, '.')
	return dot > at+1 && dot < len(name)-1 && bytes.IndexByte(name, ' ') < 0 && !isProgram(name[:at])
}

// isPerson reports whether a name by itself can be taken for a person's.
func isPerson(name []byte) bool { return isEMail(name) }

// programWords are parts of names, between separators, that people's names do
// not have and that studios give to what runs by itself.
var programWords = map[string]bool{
	"agent": true, "api": true, "app": true, "auto": true, "automation": true, "autoscaling": true, "aws": true, "awscli": true, "backup": true,
	"batch": true, "boto3": true, "botocore": true, "bot": true, "build": true, "ci": true, "cd": true, "cicd": true, "cli": true, "client": true,
	"cloudformation": true, "codebuild": true, "config": true, "cron": true, "deadline": true, "deploy": true, "deployer": true, "deployment": true,
	"ecs": true, "eks": true, "export": true, "function": true, "github": true, "githubactions": true, "gitlab": true, "instance": true, "jenkins": true,
	"job": true, "lambda": true, "loader": true, "machine": true, "monitor": true, "monitoring": true, "node": true, "noreply": true, "packer": true,
	"pipeline": true, "prod": true, "production": true, "pulumi": true, "queue": true, "render": true, "robot": true, "role": true, "runner": true,
	"s3": true, "scanner": true, "scheduler": true, "script": true, "sdk": true, "server": true, "service": true, "serviceaccount": true, "session": true,
	"ses": true, "smtp": true, "ssm": true, "svc": true, "sync": true, "system": true, "task": true, "terraform": true, "test": true, "tool": true,
	"upload": true, "uploader": true, "worker": true,
}

// isProgram reports whether a name is surely not a person's: instance ids,
// numbers, hexadecimal, and names made of words like svc, ci or lambda.
func isProgram(name []byte) bool {
	if len(name) == 0 || bytes.HasPrefix(name, []byte("i-")) || bytes.HasPrefix(name, []byte("AWS")) {
		return true
	}
	letters := 0
	for i := 0; i < len(name); {
		j := i
		for j < len(name) && isLetterOrDigit(name[j]) {
			j++
		}
		word := name[i:j]
		if isProgramWord(word) {
			return true
		}
		for _, c := range word {
			if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 {
				letters++
			}
		}
		i = j + 1
	}
	return letters == 0
}

func isLetterOrDigit(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
}

func isProgramWord(word []byte) bool {
	var lower [16]byte
	if len(word) > len(lower) {
		return isHex(word)
	}
	if len(word) == 0 {
		return false
	}
	digits := 0
	for i, c := range word {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c >= '0' && c <= '9' {
			digits++
		}
		lower[i] = c
	}
	if programLengths[lower[0]]>>len(word)&1 != 0 && programWords[string(lower[:len(word)])] {
		return true
	}
	return digits >= 5 && isHex(word)
}

// programLengths has a bit for the length of each word by its first letter:
// most names are ruled out by it, which costs less than a map.
var programLengths = func() (out [256]uint32) {
	for w := range programWords {
		out[w[0]] |= 1 << len(w)
	}
	return out
}()

// isHex reports whether a word is digits and letters of hexadecimal alone.
func isHex(word []byte) bool {
	for _, c := range word {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'f') {
			return false
		}
	}
	return true
}
