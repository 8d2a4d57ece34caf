// Package program holds the programs that run on hosts: constant files, the same for
// every region, topology and user of a version. What differs from host to host stands
// in the tables that package host writes.
//
// Call Files for the programs, NodeFiles for those of a host that is not a gateway, and Sum
// for a number that changes with any of them.
package program

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"
)

// Checksums is the file by which a host tells whether its programs belong together, in
// the format of sha256sum.
const Checksums = "SHA256SUMS"

// Library is what the programs source; it is not a program itself.
const Library = "lib.sh"

// Address is the program that makes the internalIP of a host that no network gives one.
const Address = "host-address.sh"

//go:embed *.sh *.awk
var embedded embed.FS

// File is one of the programs, or a part of one.
type File struct {
	// Name has no directory: all of them lie beside each other.
	Name string
	// Executable is set for what is run by its name.
	Executable bool
	Data       []byte
}

// Files are all programs and their parts, in order of name. Callers may keep them but
// not write to them.
func Files() []File { return slices.Clip(all()) }

var all = sync.OnceValue(func() []File { return files(func(string) bool { return true }) })

// NodeFiles are those that a host needs which is not a gateway, with Checksums of their
// own. Where there is room for all, Files are simpler: cloud-init's user data has little.
func NodeFiles() []File {
	return files(func(name string) bool {
		return strings.HasPrefix(name, "node-") || name == Library || slices.Contains(libraryParts(), name)
	})
}

// GatewayFiles are those that a gateway's host needs, with Checksums of their own.
func GatewayFiles() []File {
	return files(func(name string) bool { return !strings.HasPrefix(name, "node-") })
}

// AddressFiles are those that make a host's own address, with Checksums of their own: user
// data has room for no more (some clouds take 16 KiB).
func AddressFiles() []File {
	return files(func(name string) bool {
		return name == Address || name == Library || slices.Contains(libraryParts(), name)
	})
}

// Named is the file of that name, which must be one of Files.
func Named(name string) File {
	all := Files()
	return all[slices.IndexFunc(all, func(f File) bool { return f.Name == name })]
}

// libraryParts are what the library has awk run.
func libraryParts() []string { return []string{"tables.awk", "without.awk"} }

func files(wanted func(name string) bool) []File {
	names, err := fs.Glob(embedded, "*")
	if err != nil {
		panic(err) // the pattern is constant
	}
	var files []File
	var sums strings.Builder
	for _, name := range names {
		if !wanted(name) {
			continue
		}
		data, err := embedded.ReadFile(name)
		if err != nil {
			panic(err) // it has just been listed
		}
		files = append(files, File{name, path.Ext(name) == ".sh" && name != Library, data})
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), name)
	}
	files = append(files, File{Name: Checksums, Data: []byte(sums.String())})
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return files
}

// Sum is the SHA-256 of all programs, in hexadecimal.
func Sum() string {
	for _, f := range Files() {
		if f.Name == Checksums {
			sum := sha256.Sum256(f.Data)
			return hex.EncodeToString(sum[:])
		}
	}
	panic("program: no " + Checksums) // Files always has it
}
