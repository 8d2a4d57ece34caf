package hybrid

import (
	"fmt"
	"io/fs"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/doctor"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/reach"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
)

// CaptureError is a directory that is no capture, or one of another version.
type CaptureError struct{ err error }

func (e *CaptureError) Error() string { return e.err.Error() }
func (e *CaptureError) Unwrap() error { return e.err }

// Diagnose says what of a capture, a directory that capture.sh has written, is not as the
// topology has it, and ranks the causes. Without a topology hosts are judged by what their own
// programs say. Nothing is judged where a finding refuses the topology. No text of the report
// holds what looks like a secret, whatever the capture holds.
//
// The error is a *CaptureError where the directory is no capture.
func Diagnose(in Input, capture fs.FS, o Options) (doctor.Report, diag.List, error) {
	c, err := doctor.Read(capture)
	if err != nil {
		return doctor.Report{}, nil, &CaptureError{err}
	}
	var w doctor.Wanted
	var list diag.List
	if len(in.Documents) > 0 || len(in.own) > 0 {
		doc, err := in.one()
		if err != nil {
			return doctor.Report{}, nil, err
		}
		p, found, err := newPlan(in, o)
		if p == nil {
			return doctor.Report{}, found, err
		}
		list = found
		w.Topology, w.Files = p.Topology, reach.Files{}
		for f, err := range render.Files(p, nil) {
			if err != nil {
				return doctor.Report{}, list, err
			}
			w.Files[f.Path] = string(f.Data)
		}
		w.Locate = func(path string) diag.Position {
			at := diag.List{{Path: path}}
			doc.Locate(at)
			return at[0].Pos
		}
		var objects []existing.Object
		objects, w.Unread = clusterObjects(c)
		w.Compared, _ = existing.Compare(doc.Topology, objects)
		doc.Locate(w.Compared)
		w.Compared.Sort()
	}
	return doctor.Diagnose(c, w), list, nil
}

// clusterObjects are those of a capture but Secrets, which nobody reads, and why the others
// cannot be read.
func clusterObjects(c *doctor.Capture) (objects []existing.Object, bad []string) {
	for _, f := range c.Cluster {
		in, err := Read(f.Name, f.Data)
		if found := unread(in); err == nil && refused(found) {
			err = found[0]
		}
		if err != nil {
			bad = append(bad, fmt.Sprintf("%s cannot be read: %v", f.Name, err))
			continue
		}
		for _, o := range in.Objects {
			if o.Kind != "Secret" {
				objects = append(objects, o)
			}
		}
	}
	return objects, bad
}
