package existing

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/claim"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/distribution"
)

// serverCheck compares the flags of a server that its Node shows.
func serverCheck(w *wanted, list *diag.List, o *Object) {
	d := facts.Distribution(w.topology.Spec.Cluster.Distribution)
	if !d.Flags.IsKnown() {
		return
	}
	s := readServer(o, d.Flags.Value.Annotation)
	if s == nil {
		return
	}
	s.w, s.list, s.title, s.known = w, list, d.Title, d.Flags.Value
	// They are the same on all servers: once is enough for each different set.
	key := fmt.Sprint(s.flags["service-cidr"], s.flags["cluster-cidr"], s.flags[s.known.Plugin], s.has(s.known.NoPolicies.Value), s.has("disable-kube-proxy"))
	if w.servers[key] {
		return
	}
	w.servers[key] = true
	r := &reading{object: o}
	r.commas(claim.RoleService, s.field, s.last("service-cidr"))
	r.commas(claim.RolePod, s.field, s.last("cluster-cidr"))
	*list = append(*list, r.invalid...)
	var pods []netip.Prefix
	for i := range r.claims {
		if c := &r.claims[i]; c.Role == claim.RoleService {
			w.outside(list, c)
		} else {
			pods = append(pods, c.Prefix)
		}
	}
	if !w.rangesDiffer(list, o, s.field, pods) && !w.shown.replaced && !s.has("disable-kube-proxy") {
		w.podsOutside(list, o, s.field, "cluster-cidr", pods)
	}
	s.plugin()
}

// server is how a distribution's server runs.
type server struct {
	*Object
	w     *wanted
	list  *diag.List
	field string
	title string
	known distribution.Flags
	flags map[string][]string
}

// readServer reads a list of JSON such as ["server","--cluster-cidr","10.42.0.0/16"]; nil
// where there is none, and for agents, which have none of these flags.
func readServer(o *Object, annotation string) *server {
	var args []string
	if err := json.Unmarshal([]byte(decoded.Text(o.Content, "metadata", "annotations", annotation)), &args); err != nil || len(args) == 0 || args[0] != "server" {
		return nil
	}
	s := &server{Object: o, field: diag.Field("metadata.annotations", annotation), flags: map[string][]string{}}
	for i := 1; i < len(args); i++ {
		name, isFlag := strings.CutPrefix(args[i], "--")
		name, value, whole := strings.Cut(name, "=")
		if !isFlag {
			continue
		}
		if !whole && i+1 < len(args) && !strings.HasPrefix(args[i+1], "-") {
			value = args[i+1]
		}
		s.flags[name] = append(s.flags[name], value)
	}
	return s
}

// last is what a flag says that may be given once, or several times as a list.
func (s *server) last(flag string) string { return strings.Join(s.flags[flag], ",") }

func (s *server) has(flag string) bool {
	values, ok := s.flags[flag]
	return ok && values[len(values)-1] != "false"
}

// plugin compares the network plugin that the server runs with those of the regions.
func (s *server) plugin() {
	value := s.last(s.known.Plugin)
	if value == "" {
		value = s.known.Usual
	}
	runs, known := s.known.Runs[value]
	others, tunnels, policies := &regionList{}, &regionList{}, &regionList{}
	for i := range s.w.stay {
		r := &s.w.plan.Regions[i]
		switch {
		case known && r.Region.CNI.Type != runs.Type:
			others.add(r)
		case known && runs.Tunnel != "" && r.Region.CNI.Tunnel != runs.Tunnel:
			tunnels.add(r)
		case !known && s.known.NoPolicies.IsKnown() && !s.has(s.known.NoPolicies.Value):
			policies.add(r)
		}
	}
	s.report(others, "%s runs %s (--%s is %s, as %s shows), and the topology says %s for %s: two network plugins", s.title, facts.Plugin(runs.Type).Title, s.known.Plugin, value, s.ID(), others.release(), others).
		Fix("run its servers with --%s=%s, or state the plugin that they run", s.known.Plugin, s.valueFor(others))
	if len(tunnels.regions) > 0 {
		first := tunnels.regions[0].Region
		s.report(tunnels, "%s carries pods' packets by %s (--%s is %s, as %s shows), and the topology says tunnel: %s for %s: other ports, other MTU, other routes", s.title, runs.Tunnel, s.known.Plugin, value, s.ID(), first.CNI.Tunnel, tunnels).
			Fix("%s in every region", tunnelAdvice(first, runs.Tunnel))
	}
	s.report(policies, "%s enforces network policies itself (%s shows no --%s), beside %s of %s: what the one admits the other may drop", s.title, s.ID(), s.known.NoPolicies.Value, policies.release(), policies).
		Fix("run its servers with --%s", s.known.NoPolicies.Value)
}

// valueFor is what the flag of the plugin has to say for those regions.
func (s *server) valueFor(of *regionList) string {
	for _, value := range slices.Sorted(maps.Keys(s.known.Runs)) {
		if len(of.regions) > 0 && s.known.Runs[value].Type == of.regions[0].Region.CNI.Type {
			return value
		}
	}
	return "none"
}

// report says something of the regions, and nothing where there are none.
func (s *server) report(of *regionList, format string, args ...any) *diag.Diagnostic {
	d := s.finding(diag.Warning, CodeObjectDiffers, s.field, format, args...)
	if len(of.regions) == 0 {
		return d
	}
	*s.list = append(*s.list, of.show(s.w, d))
	return d
}
