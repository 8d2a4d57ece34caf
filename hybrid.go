// Package hybrid joins regions into one Kubernetes cluster over Tailscale subnet routers:
// it checks a topology and renders what its regions need. It has a function for each
// subcommand of the program kustomize-hybrid, which adds flags, streams and exit codes
// to them: what the program finds, and every byte that it renders, comes from here.
//
// Start with Load, and hand what it returns to the others. Findings are data, a
// diag.List, and what cannot work has at least one of severity diag.Error; then nothing
// is rendered. An error is a failure: a file that cannot be read, a fault of this module.
//
// The packages below do one thing each and need less: pkg/acl does not link CUE, for
// example. See docs/architecture.md.
package hybrid

import (
	"errors"
	"io"
	"os"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/draft"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/issues"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/readmit"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// Input is what was read. The functions of this package leave it alone.
type Input struct {
	// Documents are the topologies. Validate takes any number, all others take one.
	Documents []*load.Document
	// Objects exist already, in a cluster or a build, and are compared with each topology.
	Objects []existing.Object

	nodes []*yaml.RNode // the objects as they were written
	own   diag.List     // faults in the shape of documents of this program beside a topology
}

// Options is how a topology is judged, and for what. The zero value is what the program
// does without flags.
type Options struct {
	// Strict makes an error of every warning.
	Strict bool
	// Info keeps what is only worth knowing: findings of severity diag.Info and, in
	// Validate, the known issues that the rendered files meet.
	Info bool
	// Today is the day on which a suppression must not have expired, as YYYY-MM-DD. None
	// has expired when it is empty: no clock is asked.
	Today string
	// Control is the control server that a policy is for; empty leaves it to the topology.
	Control schema.ControlServer
	// Policies hold the network policies that Render writes patches for where the topology
	// says gatewaySource: tailnetIP.
	Policies Input
}

// Load reads files of YAML, JSON or CUE; "-" is standard input. A file may hold a
// topology, objects that exist already, or both; the .cue files of one package make one
// topology. The error lists what could not be read, and the input holds the rest.
func Load(paths ...string) (Input, error) { return LoadFrom(os.Stdin, paths...) }

// LoadFrom is Load with something else for standard input.
func LoadFrom(stdin io.Reader, paths ...string) (Input, error) {
	read, err := load.FilesOr(stdin, paths...)
	return newInput(read, err)
}

// Topologies are those of the files that hold a topology, by what stands in them and not by their
// names, for callers that are given all files that changed. Of CUE, the other files of a package
// come with it.
func Topologies(paths ...string) ([]string, error) { return load.Topologies(paths...) }

// Read is Load for data that is in memory. The name stands in positions and, by its
// extension, tells CUE (.cue) from YAML and JSON (everything else).
func Read(name string, data []byte) (Input, error) {
	read, err := load.Bytes(name, data)
	return newInput(read, err)
}

// ReadNodes is Read for a topology, and objects beside it, that are parsed already, as
// kustomize hands them to a function. Findings have paths and no positions then.
func ReadNodes(topology *yaml.RNode, beside ...*yaml.RNode) (Input, error) {
	doc, err := load.Node(topology)
	if err != nil {
		return Input{}, err
	}
	in := Input{Documents: []*load.Document{doc}}
	err = in.beside("", beside...)
	return in, err
}

func newInput(read load.Input, err error) (Input, error) {
	in := Input{Documents: read.Documents}
	failures := []error{err}
	for _, o := range read.Objects {
		failures = append(failures, in.beside(o.File, o.Node))
	}
	return in, errors.Join(failures...)
}

// beside adds objects that were written in a file, or in none.
func (in *Input) beside(file string, nodes ...*yaml.RNode) error {
	for _, n := range nodes {
		objects, err := existing.Read(file, n)
		if err != nil {
			return err
		}
		if own, ok := load.ReadOwn(load.Object{File: file, Node: n}); ok {
			id := own.ID + ":"
			for _, d := range own.Findings {
				d.Path = id + d.Path
				for i := range d.Related {
					d.Related[i].Path = id + d.Related[i].Path
				}
			}
			in.own = append(in.own, own.Findings...)
			secret := func(d *diag.Diagnostic) bool { return d.Code == load.KeyInText }
			if !slices.ContainsFunc(own.Findings, secret) { // or else what is said of it would repeat the key
				objects[0].Pack, _ = own.Document.(*schema.RangePack)
			}
		}
		in.Objects = append(in.Objects, objects...)
		in.nodes = append(in.nodes, n)
	}
	return nil
}

// Evaluate holds each topology against the contract a second time, by CUE's own evaluator:
// what Load does by a table in a fortieth of the time. It is an error where the two differ.
func Evaluate(in Input) error {
	var failures []error
	for _, doc := range in.Documents {
		failures = append(failures, doc.Evaluate())
	}
	return errors.Join(failures...)
}

// one is the only topology of the input.
func (in Input) one() (*load.Document, error) { return load.Input{Documents: in.Documents}.One() }

// Validate lists everything that is wrong with each topology, sorted: with its shape,
// with how what it says stands together, and with what exists already.
func Validate(in Input, o Options) diag.List {
	list := slices.Clone(in.own)
	for _, doc := range in.Documents {
		found, p := check(doc, in, o)
		list = append(list, found...)
		if o.Info && doc.Topology != nil && len(doc.Unread) == 0 {
			notes := issues.Notes(p)
			doc.Locate(notes)
			list = append(list, notes...)
		}
	}
	list.Sort()
	return o.judge(list)
}

// check lists what is wrong with one topology, and returns the plan by which that was found; nil
// where there is no topology.
func check(doc *load.Document, in Input, o Options) (diag.List, *plan.Plan) {
	var p *plan.Plan
	list, objects := slices.Concat(doc.Findings, in.own), in.Objects
	if doc.Topology != nil {
		p = plan.New(doc.Topology)
		found, packs := existing.Compare(doc.Topology, objects)
		found = validate.Run(validate.Input{
			Topology: doc.Topology, Plan: p, Unread: doc.Unread, Found: append(found, acl.CheckPlan(p)...), Packs: packs, Day: o.Today,
			OperatorShown: existing.OperatorProxies(objects), Others: elsewhere(objects),
		})
		doc.Locate(found)
		list = append(list, found...)
	}
	list.Sort()
	return list, p
}

// elsewhere are the codes of findings that this run does not make: those about policy files,
// network policies and what a build holds, and about objects where there are none.
func elsewhere(objects []existing.Object) []diag.Code {
	codes := slices.Concat(policyCodes(), readmit.Codes(), draft.Codes(), []diag.Code{CodeObjectExists})
	if len(objects) == 0 {
		codes = append(codes, existing.Codes()...)
	}
	return codes
}

// CodeObjectExists is the code of an object that a build has already, of somebody else's: the
// one finding that is about a stream of objects and not about a topology.
const CodeObjectExists diag.Code = "object-exists"

// judge is the list with what the options keep and make of it.
func (o Options) judge(list diag.List) diag.List {
	if !o.Info {
		list = slices.DeleteFunc(slices.Clone(list), func(d *diag.Diagnostic) bool { return d.Severity == diag.Info })
	}
	if o.Strict {
		list = list.Strict()
	}
	return list
}

// refused reports whether a list holds what keeps a topology from being rendered.
func refused(list diag.List) bool { return list.Count(diag.Error) > 0 }
