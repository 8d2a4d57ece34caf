// Package examples embeds the topologies of the directories below it, each of which stands for
// another kind of cluster.
package examples

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed */*.yaml
var files embed.FS

// Names lists the examples, in the alphabet.
func Names() []string {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		panic(err) // it is embedded
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Files are the files of an example by their names, such as topology.yaml; nil where there is no
// such example.
func Files(name string) map[string][]byte {
	entries, err := fs.ReadDir(files, name)
	if err != nil || strings.Contains(name, "/") || name == "." {
		return nil
	}
	all := map[string][]byte{}
	for _, e := range entries {
		data, err := files.ReadFile(name + "/" + e.Name())
		if err != nil {
			panic(err)
		}
		all[e.Name()] = data
	}
	return all
}

// About is how an example's comment begins: its first sentence, up to a colon.
func About(name string) string {
	var words []string
	for line := range strings.Lines(string(Files(name)["topology.yaml"])) {
		text, ok := strings.CutPrefix(line, "#")
		if !ok {
			break
		}
		if !strings.HasPrefix(text, " yaml-language-server:") {
			words = append(words, strings.Fields(text)...)
		}
	}
	first, _, _ := strings.Cut(strings.Join(words, " "), ". ")
	if about, _, ok := strings.Cut(first, ": "); ok && strings.Contains(about, " ") {
		first = about
	}
	return strings.TrimSuffix(first, ".")
}
