package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// ciliumKinds and calicoKinds are the plurals of the kinds that are rendered, and of those that
// policies are edited in.
var (
	ciliumKinds = []string{"ciliumcidrgroups", "ciliumclusterwidenetworkpolicies", "ciliumnetworkpolicies", "ciliumnodeconfigs", "ciliumpodippools"}
	calicoKinds = []string{"felixconfigurations", "globalnetworkpolicies", "globalnetworksets", "ippools"}
)

// definitions are the files of one version with CustomResourceDefinitions.
type definitions struct {
	source string // what they were read from, with the version
	files  [][]byte
}

// write keeps them in one file, without the descriptions, which nothing is judged by.
func (d definitions) write(file string) error {
	text := []byte("# " + d.source + ", without the descriptions\n")
	for i, f := range d.files {
		var v any
		if err := yaml.Unmarshal(f, &v); err != nil {
			return err
		}
		plain, err := yaml.Marshal(undescribed(v))
		if err != nil {
			return err
		}
		if i > 0 {
			text = append(text, "---\n"...)
		}
		text = append(text, plain...)
	}
	return writeCompressed(file, text)
}

// undescribed leaves the texts called description out. A property of that name is a mapping.
func undescribed(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			if _, text := inner.(string); text && key == "description" {
				delete(v, key)
			} else {
				v[key] = undescribed(inner)
			}
		}
	case []any:
		for i := range v {
			v[i] = undescribed(v[i])
		}
	}
	return v
}

// writeDefinitions keeps the definitions of the first version of each minor that is in range.
func writeDefinitions(dir, program string, minors []string, read func(version string) (definitions, error)) error {
	for _, minor := range minors {
		d, err := read("v" + minor + ".0")
		if err == nil {
			err = d.write(filepath.Join(dir, program+"-"+minor+".yaml.gz"))
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w", program, minor, err)
		}
	}
	return nil
}

func ciliumDefinitions(version string) (definitions, error) {
	m, err := download("github.com/cilium/cilium", version)
	d := definitions{source: "github.com/cilium/cilium " + version + " " + m.Sum + ", pkg/k8s/apis/cilium.io/client/crds"}
	if err != nil {
		return d, err
	}
	err = filepath.WalkDir(filepath.Join(m.Dir, "pkg/k8s/apis/cilium.io/client/crds"), func(file string, _ fs.DirEntry, err error) error {
		if err != nil || !slices.Contains(ciliumKinds, strings.TrimSuffix(path.Base(file), ".yaml")) {
			return err
		}
		text, err := os.ReadFile(file)
		d.files = append(d.files, text)
		return err
	})
	if err == nil && len(d.files) != len(ciliumKinds) {
		err = fmt.Errorf("%d definitions are there of %s", len(d.files), ciliumKinds)
	}
	return d, err
}

// definitions are those of both groups that Calico has; older versions have one.
func (r repository) definitions(tag string) (definitions, error) {
	commit, err := r.git("rev-parse", tag+"^{commit}")
	d := definitions{source: "github.com/projectcalico/calico " + tag + " " + strings.TrimSpace(string(commit)) + ", libcalico-go/config/crd and api/config/crd"}
	if err != nil {
		return d, err
	}
	for _, dir := range []string{"libcalico-go/config/crd", "api/config/crd"} {
		files, err := r.files(tag, dir)
		if err != nil {
			return d, err
		}
		for _, f := range files {
			if _, plural, _ := strings.Cut(strings.TrimSuffix(path.Base(f), ".yaml"), "_"); !slices.Contains(calicoKinds, plural) {
				continue
			}
			text, err := r.git("show", tag+":"+f)
			if err != nil {
				return d, err
			}
			d.files = append(d.files, text)
		}
	}
	if len(d.files) < len(calicoKinds) {
		err = fmt.Errorf("%d definitions are there of %s", len(d.files), calicoKinds)
	}
	return d, err
}

// module is where a Go module was unpacked, and its hash.
type module struct{ Dir, Sum string }

func download(name, version string) (module, error) {
	var m module
	out, err := exec.Command("go", "mod", "download", "-json", name+"@"+version).Output()
	if err != nil {
		return m, fmt.Errorf("go mod download %s@%s: %w: %s", name, version, err, out)
	}
	return m, json.Unmarshal(out, &m)
}
