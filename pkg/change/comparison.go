package change

import (
	"fmt"
	"slices"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	rendered "github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Comparison is what a change from one topology to another does.
type Comparison struct {
	// Topology is the name of the new one.
	Topology string `json:"topology"`
	// Changes and Restarts are those of the whole way.
	Changes  []Change  `json:"changes"`
	Restarts []Restart `json:"restarts"`
	// Phases are the parts of the way, in order: none where nothing differs.
	Phases []Phase `json:"phases"`
	// Unknown is what nobody can say with what was given, a sentence each without its full stop.
	Unknown []string `json:"unknown,omitempty"`
	// Before is the old topology, from which the way begins.
	Before *schema.Topology `json:"-"`
}

// New compares two topologies. The new one is valid; refused says why another one that lies in
// between is not, and is empty where it is. The error is of one that cannot be rendered.
func New(before, after *schema.Topology, refused func(*schema.Topology) string) (*Comparison, error) {
	c := &Comparison{Topology: after.Metadata.Name, Before: before, Phases: Phases(before, after, refused)}
	if len(c.Phases) == 0 {
		c.Changes, c.Restarts, c.Phases = []Change{}, []Restart{}, []Phase{}
		return c, nil
	}
	first, was, err := stage(before)
	if err != nil {
		return nil, fmt.Errorf("the old topology: %w", err)
	}
	from, old := first, was
	for i := range c.Phases {
		p := &c.Phases[i]
		to, is, err := stage(p.Topology)
		if err != nil {
			return nil, fmt.Errorf("phase %d: %w", p.Number, err)
		}
		p.work(from, to, old, is)
		from, old = to, is
	}
	if len(c.Phases) == 1 {
		c.Changes, c.Restarts = c.Phases[0].Changes, c.Phases[0].Restarts
		return c, nil
	}
	c.Changes, c.Restarts = whole(first, from, was, old)
	return c, nil
}

// whole are the changes between two plans, and what restarts.
func whole(before, after *plan.Plan, was, is Tree) ([]Change, []Restart) {
	list := append([]Restart{}, restarts(before, after, was, is)...) // a list in JSON, even where it is empty
	changes := slices.Concat([]Change{}, decisions(before, after), hosts(before, after, was, is))
	return inOrder(append(changes, told(list)...)), list
}

// stage is a topology planned and rendered.
func stage(t *schema.Topology) (*plan.Plan, Tree, error) {
	p := plan.New(t)
	files, err := TreeOf(rendered.Files(p, nil))
	return p, files, err
}
