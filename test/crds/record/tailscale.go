package main

import (
	"regexp"
	"strings"
)

// Where programs of Tailscale's name what they take.
var (
	quotedVariable = regexp.MustCompile(`"(TS_[A-Z0-9_]+|PORT|KUBERNETES_[A-Z_]+)"`)
	knob           = regexp.MustCompile(`(?:envknob\.\w+|Getenv)\("(TS_[A-Z0-9_]+|PORT)"`)
	flagOf         = regexp.MustCompile(`(?:upf|setf|flag)\.\w+\([^"\n]*"([a-z0-9-]+)"`)
)

// tailscaleNames are variables by their names and flags as "PROGRAM --FLAG". Odd minors are
// not stable.
func tailscaleNames(r repository) (record, error) {
	return of(minors(1, 78, 102, 2), func(minor string) (map[string]bool, string, error) {
		tag, names := "v"+minor+".0", map[string]bool{}
		files, err := r.files(tag, ".")
		if err != nil {
			return nil, "", err
		}
		for _, f := range files {
			if !strings.HasSuffix(f, ".go") || strings.HasSuffix(f, "_test.go") || !holdsNames(f) {
				continue
			}
			text, err := r.git("show", tag+":"+f)
			if err != nil {
				return nil, "", err
			}
			fileNames(f, text, names)
		}
		commit, err := r.git("rev-parse", tag+"^{commit}")
		return names, "tailscale/tailscale " + tag + " " + strings.TrimSpace(string(commit)), err
	})
}

// programs are where flags are, by the words before them on a command line.
var programs = map[string]string{
	"cmd/tailscale/cli/up.go":      "tailscale up",
	"cmd/tailscale/cli/set.go":     "tailscale set",
	"cmd/tailscaled/tailscaled.go": "tailscaled",
}

// holdsNames leaves out what no gateway runs.
func holdsNames(file string) bool {
	for _, dir := range []string{"cmd/containerboot/", "cmd/tailscaled/", "cmd/tailscale/cli/", "wgengine/", "util/linuxfw/", "ipn/", "kube/", "envknob/", "net/"} {
		if strings.HasPrefix(file, dir) {
			return true
		}
	}
	return false
}

func fileNames(file string, text []byte, names map[string]bool) {
	pattern := knob
	if strings.HasPrefix(file, "cmd/containerboot/") {
		pattern = quotedVariable
	}
	for _, m := range pattern.FindAllSubmatch(text, -1) {
		names[string(m[1])] = true
	}
	if program, ok := programs[file]; ok {
		for _, m := range flagOf.FindAllSubmatch(text, -1) {
			names[program+" --"+string(m[1])] = true
		}
	}
}
