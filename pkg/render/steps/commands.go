package steps

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// Commands are the commands of a step: what it runs, what shows that it worked, and what
// takes it back. A here document is one command, and comments are none.
func (s *Step) Commands() []string {
	var all []string
	lines := slices.Concat(s.Run, []string{s.Works}, s.Undo)
	for i := 0; i < len(lines); i++ {
		command := strings.TrimSpace(comment().ReplaceAllString(lines[i], ""))
		if strings.HasSuffix(command, "<<'END'") {
			for i++; i < len(lines); i++ {
				command += "\n" + lines[i]
				if lines[i] == "END" {
					break
				}
			}
		}
		if command != "" {
			all = append(all, command)
		}
	}
	return all
}

// comment is one as the steps write it.
var comment = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(^| {3})# .*$`) })

// Normal is the command without what is one topology's own: the names, addresses, zones and
// labels of its regions, gateways and API server. It is one line, so that commands that were run can be
// recorded and those of another topology be looked up among them.
func Normal(p *plan.Plan, command string) string {
	words := map[string]string{}
	host, _ := p.Topology.Spec.Cluster.APIServer.Told()
	words[host] = "SERVER"
	words["127.0.0.1"] = "ADDRESS" // where a gateway answers that only its kubelet asks
	p = p.Before()
	for i := range p.Regions {
		r := p.Regions[i].Region
		words[r.Name] = "REGION"
		for j := range r.Gateways.Nodes {
			n := &r.Gateways.Nodes[j]
			words[n.Name] = "GATEWAY"
			words[addresses(n)] = "ADDRESS"
			words[n.InternalIP.String()] = "ADDRESS"
		}
	}
	delete(words, "")
	var list []string
	for w := range words {
		list = append(list, regexp.QuoteMeta(w))
	}
	// The longest first: one name may begin with another.
	slices.SortFunc(list, func(x, y string) int {
		return cmp.Or(cmp.Compare(len(y), len(x)), cmp.Compare(x, y))
	})
	if len(list) > 0 {
		name := regexp.MustCompile(`(^|[^A-Za-z0-9])(` + strings.Join(list, "|") + `)\b`)
		command = name.ReplaceAllStringFunc(command, func(found string) string {
			at := name.FindStringSubmatch(found)
			return at[1] + words[at[2]]
		})
	}
	for i := range p.Regions {
		if labels := spell(p.Regions[i].Region.Gateways.NodeSelector); labels != "" {
			command = strings.ReplaceAll(command, labels, "LABELS")
		}
	}
	command = zone().ReplaceAllString(command, "${1}ZONE")
	return strings.ReplaceAll(command, "\n", "; ")
}

// zone is the label by which a node says its zone.
var zone = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(topology\.kubernetes\.io/zone=)[^\s,]+`) })
