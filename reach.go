package hybrid

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/reach"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Reached is what Reach found out. One of Answer and Matrix is set, and both are nil where a
// finding refuses the topology.
type Reached struct {
	Answer *reach.Answer `json:"answer,omitempty"`
	// Matrix is everybody asked about everybody, and Classes are which regions stood for which.
	Matrix  *reach.Matrix `json:"matrix,omitempty"`
	Classes []reach.Class `json:"classes,omitempty"`
	// Assumes are sentences about what was taken for granted, since the topology says so.
	Assumes []string `json:"assumes,omitempty"`
	// Lost are the hosts that were taken away first.
	Lost []string `json:"lost,omitempty"`
	// Blast is what was reachable before that, and is not any more.
	Blast []reach.Answer `json:"blast,omitempty"`
}

// Asked is what Reach is asked: from one end to another, each a host, a region or an address,
// the first two with "pod@" before them for a pod there. Empty ends ask everybody about
// everybody. Port is of TCP; 0 asks for any.
type Asked struct {
	From, To string
	Port     int
	// Lose are hosts and regions that are taken away first; reach.Control is the control server.
	Lose []string
	// Policies hold network policies, besides those among the objects of the input.
	Policies Input
}

// AskError is a question that names what there is not.
type AskError struct{ err error }

func (e *AskError) Error() string { return e.err.Error() }
func (e *AskError) Unwrap() error { return e.err }

// Reach walks packets through the tree that Render would write, from end to end and back, and
// says which line decides each hop. It is IPv4 alone. Nothing is walked where a finding is an
// error. The error is an *AskError where a question names what the topology does not have.
func Reach(in Input, q Asked, o Options) (Reached, diag.List, error) {
	p, list, err := newPlan(in, o)
	if p == nil {
		return Reached{}, list, err
	}
	if bad := unread(q.Policies); refused(bad) {
		return Reached{}, append(list, bad...), nil
	}
	given := networkPolicies(q.Policies.Objects)
	if len(q.Policies.Objects)+len(q.Policies.Documents) > 0 && len(given) == 0 {
		return Reached{}, list, &AskError{errors.New("no network policy is among what was given as network policies: name a file that holds some, or none")}
	}
	files := reach.Files{}
	for f, err := range render.Files(p, nil) {
		if err != nil {
			return Reached{}, list, err
		}
		files[f.Path] = string(f.Data)
	}
	asker := asker{p.Topology, files, append(networkPolicies(in.Objects), given...)}
	found, err := asker.ask(q)
	return found, list, err
}

// asker puts up worlds of one rendered tree.
type asker struct {
	topology *schema.Topology
	files    reach.Files
	policies []reach.NetworkPolicy
}

func (a asker) world(q Asked, regions ...string) (*reach.World, error) {
	machines := reach.Machines(a.topology, regions...)
	for _, end := range slices.Compact([]string{q.From, q.To}) {
		if address, err := netip.ParseAddr(end); err == nil {
			if m, ok := reach.MachineAt(a.topology, address); ok {
				machines = append(machines, m)
			}
		}
	}
	w, err := reach.New(a.topology, a.files, machines)
	if err != nil {
		return nil, err
	}
	w.Guard(a.policies)
	return w, nil
}

func (a asker) ask(q Asked) (Reached, error) {
	var found Reached
	var regions []string
	if q.From == "" {
		found.Classes = reach.Classes(a.topology)
		for _, c := range found.Classes {
			regions = append(regions, c.Walked...)
		}
	}
	// Of a large topology only those that are asked about are put up.
	for _, name := range append([]string{q.From, q.To}, q.Lose...) {
		of, err := a.regionOf(name)
		if err != nil {
			return found, err
		}
		regions = append(regions, of...)
	}
	w, err := a.world(q, regions...)
	if err != nil {
		return found, err
	}
	found.Assumes = w.Assumes()
	if q.From != "" {
		err := a.one(w, q, &found)
		return found, err
	}
	before := map[[2]string]bool{}
	if len(q.Lose) > 0 {
		all := w.All()
		for _, answer := range append(all.Answers, all.Refusals...) {
			before[[2]string{answer.From, answer.To}] = true
		}
		if found.Lost, err = w.Lose(q.Lose...); err != nil {
			return found, &AskError{err}
		}
	}
	all := w.All()
	found.Matrix = &all
	for _, answer := range all.Answers {
		if len(q.Lose) > 0 && !before[[2]string{answer.From, answer.To}] {
			found.Blast = append(found.Blast, answer)
		}
	}
	return found, nil
}

// one answers a question about two ends.
func (a asker) one(w *reach.World, q Asked, found *Reached) (err error) {
	ends := [2]reach.End{}
	for i, text := range []string{q.From, q.To} {
		if ends[i], err = w.Find(text); err != nil {
			return &AskError{err}
		}
		if a, err := netip.ParseAddr(text); err == nil && !ends[i].Has(a) {
			found.Assumes = append(found.Assumes, fmt.Sprintf("nobody says whose address %s is: %s, with %s, stands for it", a, ends[i], ends[i].Address()))
		}
	}
	if found.Lost, err = w.Lose(q.Lose...); err != nil {
		return &AskError{err}
	}
	if ends[0] == ends[1] && q.From == q.To {
		if other, ok := w.Another(ends[0]); ok {
			ends[1] = other // one region asks for another node of it
		}
	}
	answer := w.Ask(reach.Question{From: ends[0], To: ends[1], Port: q.Port})
	found.Answer = &answer
	return nil
}

// regionOf is the region of an end, or of who is lost: none for no name, and for the control
// server.
func (a asker) regionOf(text string) ([]string, error) {
	name := strings.TrimPrefix(text, "pod@")
	if name == "" && text == "" || name == reach.Control {
		return nil, nil
	}
	address, err := netip.ParseAddr(name)
	isAddress := err == nil
	var words []string
	for i := range a.topology.Spec.Regions {
		r := &a.topology.Spec.Regions[i]
		holds := func(p netip.Prefix) bool { return p.Contains(address) }
		if r.Name == name || isAddress && (slices.ContainsFunc(r.NodeCIDRs, holds) || slices.ContainsFunc(r.PodCIDRs, holds)) {
			return []string{r.Name}, nil
		}
		words = append(words, r.Name)
		for _, n := range r.Gateways.Nodes {
			if name == n.Name || isAddress && n.TailnetIP == address {
				return []string{r.Name}, nil
			}
			words = append(words, n.Name)
		}
	}
	if isAddress {
		return nil, &AskError{fmt.Errorf("no region has %s among its nodeCIDRs and podCIDRs", address)}
	}
	for i := range a.topology.Spec.Leaving {
		r := &a.topology.Spec.Leaving[i]
		if r.Name == name || slices.ContainsFunc(r.Gateways.Nodes, func(n schema.GatewayNode) bool { return n.Name == name }) {
			return nil, &AskError{fmt.Errorf("%s is under spec.leaving (region %q): nothing joins it any more, so no packet is walked there", name, r.Name)}
		}
	}
	return nil, &AskError{fmt.Errorf("there is no host, region or address %q%s", name, others(name, words))}
}

// others is what the end of a message about a name that nobody has says: which one is near, or
// which there are.
func others(name string, words []string) string {
	const few = 12
	if near := diag.Nearest(name, words); near != "" {
		return fmt.Sprintf("; did you mean %s?", near)
	}
	if more := len(words) - few; more > 0 {
		return fmt.Sprintf("; there are %s and %d more", strings.Join(words[:few], ", "), more)
	}
	return "; there are " + strings.Join(words, ", ")
}

// networkPolicies are those among objects.
func networkPolicies(objects []existing.Object) []reach.NetworkPolicy {
	var all []reach.NetworkPolicy
	for i := range objects {
		o := &objects[i]
		group, _, grouped := strings.Cut(o.APIVersion, "/")
		if !grouped || !reach.IsNetworkPolicy(group, o.Kind) {
			continue
		}
		n := reach.NetworkPolicy{Group: group, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name}
		n.Spec, _ = json.Marshal(o.Content["spec"]) // it was decoded from YAML
		if o.Locate != nil {
			if pos := o.Locate("spec"); pos.IsValid() {
				n.At = reach.Place{File: pos.File, Line: pos.Line}
			}
		}
		all = append(all, n)
	}
	return all
}

// Names are those of the regions and gateways in all topologies of the input: what Reach
// takes for an end.
func Names(in Input) []string { return append(Regions(in), Gateways(in)...) }

// Pods are the same, as the ends that are pods there.
func Pods(in Input) []string {
	var all []string
	for _, name := range Names(in) {
		all = append(all, fmt.Sprint("pod@", name))
	}
	return all
}
