package reach

import (
	"fmt"
	"slices"
)

// Control is what Lose takes for the control server.
const Control = "control"

// Lose takes away a host, all hosts of a region or, for "control", the control server. With
// that gone nobody elects a primary: what is up stays up, and what had a lost gateway for its
// primary has none. It returns whom it took. The error says what there is.
func (w *World) Lose(names ...string) (gone []string, err error) {
	for _, name := range names {
		if name == Control {
			w.controlGone = true
			gone = append(gone, "the control server")
			continue
		}
		found := false
		for _, h := range w.hosts() {
			if h.name == name || h.region.name == name && !w.isHost(name) {
				h.gone, found = true, true
				gone = append(gone, h.name)
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no host or region %q to lose, and %q is the control server%s", name, Control, w.others())
		}
	}
	slices.Sort(gone)
	w.elect(w.elected)
	return slices.Compact(gone), nil
}

// isHost reports whether a gateway, rather than a region, has the name.
func (w *World) isHost(name string) bool {
	return slices.ContainsFunc(w.hosts(), func(h *host) bool { return h.name == name && h.isGateway() })
}

// Gone reports whether the end's host was lost.
func (e End) Gone() bool { return e.host.gone }
