package doctor

import (
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// cluster takes over what package existing finds about the objects of the capture.
func (d *diagnosis) cluster() {
	if why, asked := d.capture.Missing["nodes.json"]; asked && len(d.capture.Cluster) == 0 {
		d.undecided("the cluster was asked, and nothing could be had (%s)", why)
		return
	}
	if len(d.capture.Cluster) == 0 {
		d.undecided("the cluster was not captured: run capture.sh cluster where kubectl works")
		return
	}
	if d.wanted.Topology == nil {
		d.undecided("the cluster's objects are compared with a topology, and none is given")
		return
	}
	if why, ok := d.capture.Missing["nodes.json"]; ok {
		d.undecided("the cluster: its nodes were not captured (%s)", why)
	}
	for _, why := range d.wanted.Unread {
		d.undecided("the cluster: %s", why)
	}
	for _, f := range d.wanted.Compared {
		c := Cause{Code: f.Code, Severity: f.Severity, Message: f.Message, Fix: f.Remedy, Evidence: []Evidence{{File: f.Pos.File, Line: f.Pos.Line, Text: d.lineOf(f.Pos)}}}
		for _, r := range f.Related {
			if strings.HasPrefix(r.Path, "spec.") || strings.HasPrefix(r.Path, "metadata") {
				c.Path, c.Pos = r.Path, r.Pos
				break
			}
		}
		switch {
		case f.Severity == diag.Info:
			continue
		case strings.Contains(f.Path, "routing-mode"), strings.Contains(f.Path, "tunnel-protocol"):
			// To validate it is a change to be planned. Of a cluster that runs, it says that what
			// was rendered for it may not be merged.
			c.Severity = diag.Error
		}
		d.add(c)
	}
}

// lineOf is the text of a line of the cluster's files.
func (d *diagnosis) lineOf(at diag.Position) string {
	for _, f := range d.capture.Cluster {
		if f.Name != at.File {
			continue
		}
		if all := strings.Split(string(f.Data), "\n"); at.Line > 0 && at.Line <= len(all) {
			return strings.Trim(all[at.Line-1], " \t,")
		}
	}
	return ""
}
