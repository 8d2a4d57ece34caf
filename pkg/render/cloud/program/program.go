// Package program holds the programs that make a region's routes and firewall rules in
// its cloud: constant files, one for each provider, the same for every region, topology
// and user of a version. What differs from region to region stands in the tables that
// package cloud writes; lib.sh says how those are spelled.
//
// Call Files for all of them; the one of a provider has its name.
package program

import (
	"embed"
	"io/fs"
)

// Format is the first line of the tables that these programs read; they refuse any other.
const Format = "kustomize-hybrid cloud 1"

// Library is what the programs source; it is not a program itself.
const Library = "lib.sh"

//go:embed *.sh
var embedded embed.FS

// File is one of the programs, or what they share.
type File struct {
	// Name has no directory: all of them lie beside each other.
	Name string
	// Executable is set for what is run by its name.
	Executable bool
	Data       []byte
}

// Files are all programs and what they share, in order of name.
func Files() []File {
	names, err := fs.Glob(embedded, "*")
	if err != nil {
		panic(err) // the pattern is constant
	}
	var files []File
	for _, name := range names {
		data, err := embedded.ReadFile(name)
		if err != nil {
			panic(err) // it has just been listed
		}
		files = append(files, File{name, name != Library, data})
	}
	return files
}
