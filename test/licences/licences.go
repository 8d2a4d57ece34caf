// Package licences tells under which licence a module may be used, from the text that it
// comes with. Start with Of. Package licences_test lists what the program links in
// docs/licences.md, and refuses what nobody has allowed.
package licences

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Allowed are the licences, by their names in SPDX, under which parts of the program may be:
// all of them let it be used, changed and passed on under its own licence, Apache-2.0. Of
// MPL-2.0, that holds as long as the files under it stay as they are.
func Allowed() []string {
	return []string{"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0"}
}

// Of returns the licences of the module in the directory root, sorted, by their names in SPDX:
// those of all texts whose file's name begins with LICENSE, LICENCE or COPYING. Packages are
// directories of those of its packages that are used; what stands in them and above them
// counts, too. It is an error when root has no text, or when any text is not known here.
func Of(root string, packages ...string) ([]string, error) {
	found, err := in(root)
	if err == nil && len(found) == 0 {
		err = fmt.Errorf("%s has no text of a licence", root)
	}
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{root: true}
	for _, dir := range packages {
		for ; len(dir) > len(root) && !seen[dir]; dir = filepath.Dir(dir) {
			seen[dir] = true
			more, err := in(dir)
			if err != nil {
				return nil, err
			}
			found = append(found, more...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// in are the licences whose texts stand in one directory.
func in(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, e := range entries {
		if e.IsDir() || !fileName.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		names := Names(string(text))
		if len(names) == 0 {
			return nil, fmt.Errorf("%s has no licence that is known here", filepath.Join(dir, e.Name()))
		}
		found = append(found, names...)
	}
	return found, nil
}

var fileName = regexp.MustCompile(`(?i)^(licen[cs]e|copying)`)

// text is by what a licence is known: phrases that its text, or its notice, has all of.
type text struct {
	name    string
	phrases []string
}

func texts() []text {
	const (
		redistribution = "redistribution and use in source and binary forms, with or without modification, are permitted provided that the following conditions are met"
		binary         = "redistributions in binary form must reproduce the above copyright notice"
		gnu            = "everyone is permitted to copy and distribute verbatim copies of this license document"
	)
	return []text{
		{"Apache-2.0", []string{"apache license version 2.0", "grant of patent license"}},
		{"Apache-2.0", []string{"licensed under the apache license, version 2.0"}},
		{"BSD-2-Clause", []string{redistribution, binary}},
		{"BSD-3-Clause", []string{redistribution, binary, "may be used to endorse or promote products derived from this software without specific prior written permission"}},
		{"ISC", []string{"permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted, provided that the above copyright notice and this permission notice appear in all copies"}},
		{"MIT", []string{"permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files", "the above copyright notice and this permission notice shall be included in all copies or substantial portions of the software"}},
		{"MPL-2.0", []string{"mozilla public license, version 2.0", "covered software"}},
		// Known so that they are called by their names when they are refused. The MPL names them, too.
		{"AGPL-3.0", []string{"gnu affero general public license", gnu}},
		{"GPL", []string{"gnu general public license", gnu}},
		{"LGPL", []string{"gnu lesser general public license", gnu}},
	}
}

// Names are the licences whose text stands in a text, sorted.
func Names(s string) []string {
	s = plain(s)
	var found []string
	for _, t := range texts() {
		if !slices.ContainsFunc(t.phrases, func(p string) bool { return !strings.Contains(s, p) }) {
			found = append(found, t.name)
		}
	}
	if slices.Contains(found, "BSD-3-Clause") {
		found = slices.DeleteFunc(found, func(name string) bool { return name == "BSD-2-Clause" })
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// plain is a text without what differs between its copies: case, line ends, quotes, the
// marks of comments.
func plain(text string) string {
	text = strings.NewReplacer("“", "\"", "”", "\"", "’", "'", "*", " ", "#", " ", "//", " ").Replace(strings.ToLower(text))
	return strings.Join(strings.Fields(text), " ")
}
