// Command record writes down what versions of other programs have. The fields of Kubernetes'
// and Calico's objects and the variables and flags of Tailscale are kept as names with the
// versions that have them, and nothing of the sources; the definitions of Cilium's and Calico's
// kinds are kept whole, but for their descriptions.
//
//	go run ./record -calico DIR -tailscale DIR -out testdata
//
// The directories are git repositories with all tags: github.com/projectcalico/calico and
// github.com/tailscale/tailscale; without one, what is read from it stays as it is. Kubernetes
// and Cilium are Go modules, k8s.io/api in the first version of each minor that is published.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func main() {
	log.SetFlags(0)
	calico, tailscale := flag.String("calico", "", "repository of Calico"), flag.String("tailscale", "", "repository of Tailscale")
	out := flag.String("out", "testdata", "where to write")
	flag.Parse()
	reads := map[string]func() (record, error){"kubernetes": kubernetesFields}
	if *calico != "" {
		reads["calico"] = func() (record, error) { return calicoFields(repository(*calico)) }
	}
	if *tailscale != "" {
		reads["tailscale"] = func() (record, error) { return tailscaleNames(repository(*tailscale)) }
	}
	for name, read := range reads {
		r, err := read()
		if err == nil {
			err = r.write(filepath.Join(*out, "versions", name+".txt.gz"))
		}
		if err != nil {
			log.Fatalf("%s: %v", name, err)
		}
		log.Printf("%s: %d names in %s", name, len(r.has), strings.Join(r.versions, " "))
	}
	dir := filepath.Join(*out, "definitions")
	err := writeDefinitions(dir, "cilium", minors(1, 16, 20, 1), ciliumDefinitions)
	if err == nil && *calico != "" {
		err = writeDefinitions(dir, "calico", calicoMinors(), repository(*calico).definitions)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// record is which versions, by minor, have a name.
type record struct {
	versions []string
	sources  []string
	has      map[string][]bool
}

// of makes a record of versions, the oldest first, each with the names that read finds in it.
func of(versions []string, read func(version string) (names map[string]bool, source string, err error)) (record, error) {
	r := record{versions: versions, has: map[string][]bool{}}
	for i, v := range versions {
		names, source, err := read(v)
		if err != nil {
			return r, fmt.Errorf("%s: %w", v, err)
		}
		if len(names) == 0 {
			return r, fmt.Errorf("%s: nothing was found in %s", v, source)
		}
		r.sources = append(r.sources, source)
		for n := range names {
			if r.has[n] == nil {
				r.has[n] = make([]bool, len(versions))
			}
			r.has[n][i] = true
		}
	}
	return r, nil
}

// write: a line for each version with its source, an empty one, and a line for each name with
// the versions that have it.
func (r record) write(file string) error {
	var b bytes.Buffer
	for i, v := range r.versions {
		fmt.Fprintf(&b, "%s\t%s\n", v, r.sources[i])
	}
	b.WriteString("\n")
	for _, n := range slices.Sorted(maps.Keys(r.has)) {
		fmt.Fprintf(&b, "%s\t%s\n", n, r.ranges(r.has[n]))
	}
	return writeCompressed(file, b.Bytes())
}

func writeCompressed(file string, data []byte) error {
	var z bytes.Buffer
	w, err := gzip.NewWriterLevel(&z, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := w.Write(data); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(file, z.Bytes(), 0o644)
}

// ranges are FIRST-LAST of each run.
func (r record) ranges(has []bool) string {
	var runs []string
	for i := 0; i < len(has); i++ {
		if !has[i] {
			continue
		}
		j := i
		for j+1 < len(has) && has[j+1] {
			j++
		}
		runs = append(runs, r.versions[i]+"-"+r.versions[j])
		i = j
	}
	return strings.Join(runs, " ")
}

// repository is the directory of one, with what it is asked for.
type repository string

func (r repository) git(args ...string) ([]byte, error) {
	cmd := exec.Command("git", append([]string{"-C", string(r)}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, stderr.Bytes())
	}
	return out, nil
}

// files are the paths of a commit below a directory.
func (r repository) files(commit, dir string) ([]string, error) {
	out, err := r.git("ls-tree", "-r", "--name-only", commit, dir)
	return strings.Fields(string(out)), err
}

func minors(major, first, last, step int) []string {
	var all []string
	for m := first; m <= last; m += step {
		all = append(all, fmt.Sprintf("%d.%d", major, m))
	}
	return all
}

// first is the oldest release of a minor.
func first(versions []string, minor string) (string, error) {
	oldest := schema.Version("")
	for _, s := range versions {
		if v := schema.Version(s); !strings.Contains(s, "-") && v.Minor() == minor && (oldest == "" || v.Compare(oldest) < 0) {
			oldest = v
		}
	}
	if oldest == "" {
		return "", fmt.Errorf("%s is not published", minor)
	}
	return string(oldest), nil
}
