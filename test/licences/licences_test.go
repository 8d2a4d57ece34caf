package licences_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/test/licences"
)

func ExampleNames() {
	fmt.Println(licences.Names("Permission to use, copy, modify, and/or distribute this software for any\n// purpose with or without fee is hereby granted, provided that the above\n// copyright notice and this permission notice appear in all copies."))
	fmt.Println(licences.Names("Do what you like."))
	// Output:
	// [ISC]
	// []
}

// module is a part of the program, and the directories of those of its packages that are linked.
type module struct {
	Path, Version, Dir string
	packages           []string
}

// linked are the modules of which the program links something, sorted by path.
func linked(t *testing.T) []module {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=Dir,Module", "../../cmd/kustomize-hybrid")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	byPath := map[string]*module{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			Dir    string
			Module *struct {
				module
				Main    bool
				Replace *module
			}
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if p.Module == nil || p.Module.Main {
			continue
		}
		if p.Module.Replace != nil {
			t.Fatalf("%s is replaced by %s: say here whose licence counts", p.Module.Path, p.Module.Replace.Path)
		}
		if byPath[p.Module.Path] == nil {
			byPath[p.Module.Path] = &p.Module.module
		}
		m := byPath[p.Module.Path]
		m.packages = append(m.packages, p.Dir)
	}
	var list []module
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		list = append(list, *byPath[path])
	}
	return list
}

// docs/licences.md lists what the program links, and all of it may be passed on with it.
func TestLinkedModules(t *testing.T) {
	var page strings.Builder
	page.WriteString(`# Licences

kustomize-hybrid is under the Apache License 2.0 ([LICENSE](../LICENSE)), with the programs that it renders. It links
the modules below. Whoever passes it on passes on their licences, too, and the NOTICE of those that have one: ` + "`go mod download`" + `
puts both into the module cache. The files of modules under MPL-2.0 are used as they are; their source is the module's.

` + "`make check`" + ` compares this page with what is linked, and refuses a licence that nobody has allowed
([test/licences](../test/licences/licences.go)). ` + "`make golden`" + ` writes it anew.

| module | version | licence | |
|---|---|---|---|
`)
	modules := linked(t)
	if len(modules) < 20 {
		t.Errorf("%d modules", len(modules))
	}
	for _, m := range modules {
		names, err := licences.Of(m.Dir, m.packages...)
		if err != nil {
			t.Errorf("%s %s: %v", m.Path, m.Version, err)
			continue
		}
		for _, name := range names {
			if !slices.Contains(licences.Allowed(), name) {
				t.Errorf("%s %s is under %s, and allowed are %s", m.Path, m.Version, name, strings.Join(licences.Allowed(), ", "))
			}
		}
		notice := ""
		if _, err := os.Stat(filepath.Join(m.Dir, "NOTICE")); err == nil {
			notice = "NOTICE"
		}
		fmt.Fprintf(&page, "| %s | %s | %s | %s |\n", m.Path, m.Version, strings.Join(names, ", "), notice)
	}
	goldentest.Compare(t, "../../docs/licences.md", page.String())
}

// What is not known is an error and not an empty list, and what is forbidden has a name.
func TestUnknownAndForbidden(t *testing.T) {
	dir := t.TempDir()
	if names, err := licences.Of(dir); err == nil {
		t.Errorf("no text at all: %q", names)
	}
	for text, want := range map[string]string{
		"All rights reserved.": "",
		"GNU GENERAL PUBLIC LICENSE\nEveryone is permitted to copy and distribute verbatim copies\nof this license document":                                                                                                             "GPL",
		"GNU AFFERO GENERAL PUBLIC LICENSE\nEveryone is permitted to copy and distribute verbatim copies\nof this license document":                                                                                                      "AGPL-3.0",
		"Redistribution and use in source and binary forms, with or without\nmodification, are permitted provided that the following conditions are\nmet:\n * Redistributions in binary form must reproduce the above\ncopyright notice": "BSD-2-Clause",
	} {
		if err := os.WriteFile(filepath.Join(dir, "COPYING"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		names, err := licences.Of(dir)
		if got := strings.Join(names, ","); got != want || (err != nil) != (want == "") {
			t.Errorf("%q is under %q, %v; want %q", text, got, err, want)
		}
		if want != "BSD-2-Clause" && slices.Contains(licences.Allowed(), want) {
			t.Errorf("%s is allowed", want)
		}
	}
	// One text that is known does not speak for another one that is not.
	if err := os.WriteFile(filepath.Join(dir, "LICENSE.extra"), []byte("Ask me first."), 0o666); err != nil {
		t.Fatal(err)
	}
	if names, err := licences.Of(dir); err == nil {
		t.Errorf("an unknown text beside a known one: %q", names)
	}
	below := filepath.Join(dir, "a", "b")
	if err := errors.Join(os.Remove(filepath.Join(dir, "LICENSE.extra")), os.WriteFile(filepath.Join(dir, "COPYING"), []byte("Licensed under the Apache License, Version 2.0"), 0o666), os.MkdirAll(below, 0o777), os.WriteFile(filepath.Join(dir, "a", "LICENCE"), []byte("Ask me first."), 0o666)); err != nil {
		t.Fatal(err)
	}
	if names, err := licences.Of(dir); err != nil {
		t.Errorf("a package that is not used counts: %q, %v", names, err)
	}
	if names, err := licences.Of(dir, below); err == nil {
		t.Errorf("an unknown text above a package: %q", names)
	}
}
