package hybrid

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/bundle"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/steps"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// Host names who a bundle is for: one gateway, or each other host of a region. One of the
// two is empty.
type Host struct{ Gateway, NodesOf string }

// Bundle renders what one host needs, with a program that installs, checks and removes
// it. There are no files where a finding is an error. The error is a *bundle.Refusal where
// the host has no bundle.
func Bundle(in Input, who Host, o Options) ([]tree.File, diag.List, error) {
	p, list, err := newPlan(in, o)
	if p == nil {
		return nil, list, err
	}
	make, name := bundle.Gateway, who.Gateway
	if who.NodesOf != "" {
		make, name = bundle.Node, who.NodesOf
	}
	files, err := make(p, name)
	return files, list, err
}

// Steps says who does what in which order, as STEPS.md of the output tree does, or the
// part of it that the filter keeps. It is nil where a finding is an error. The error is a
// *steps.NoHostError where nothing is done on the filter's host.
func Steps(in Input, f steps.Filter, o Options) ([]byte, diag.List, error) {
	p, list, err := newPlan(in, o)
	if p == nil {
		return nil, list, err
	}
	if f.Host != "" && !f.Any(p) {
		return nil, list, &steps.NoHostError{Host: f.Host, Gateways: steps.Gateways(p)}
	}
	return steps.Markdown(p, f), list, nil
}
