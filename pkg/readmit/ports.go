package readmit

import (
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/yamlnode"
)

// ports are what a rule is about; none means all.
type ports []port

// port is a range of ports of one protocol, ANY for each, or a name, which pods resolve.
type port struct {
	protocol    string
	first, last int
	name        string
}

func newPort(protocol, first, last string) port {
	p := port{protocol: protocol}
	from, err := strconv.Atoi(first)
	if err != nil {
		p.name = first
		return p
	}
	p.first, p.last = from, from
	if to, err := strconv.Atoi(last); err == nil {
		p.last = max(from, to)
	}
	return p
}

// ciliumPorts reads a rule's toPorts; port 0 is every port (cilium 1.17.4,
// pkg/policy/api/l4.go).
func ciliumPorts(rule *yaml.Node) ports {
	var all ports
	for _, set := range elements(yamlnode.Field(rule, "toPorts")) {
		for _, n := range elements(yamlnode.Field(set, "ports")) {
			protocol := strings.ToUpper(text(yamlnode.Field(n, "protocol")))
			if protocol == "" {
				protocol = "ANY"
			}
			p := newPort(protocol, text(yamlnode.Field(n, "port")), text(yamlnode.Field(n, "endPort")))
			if p.name == "" && p.first == 0 {
				p.last = 65535
			}
			all = append(all, p)
		}
	}
	if len(elements(yamlnode.Field(rule, "icmps"))) > 0 {
		all = append(all, port{protocol: "ICMP"})
	}
	return all
}

// kubernetesPorts reads the ports of a rule (kubernetes v1.33.1, api/networking/v1).
func kubernetesPorts(rule *yaml.Node) ports {
	var all ports
	for _, n := range elements(yamlnode.Field(rule, "ports")) {
		protocol := text(yamlnode.Field(n, "protocol"))
		if protocol == "" {
			protocol = "TCP"
		}
		p := port{protocol: protocol, last: 65535}
		if listed := yamlnode.Field(n, "port"); !isNull(listed) {
			p = newPort(protocol, text(listed), text(yamlnode.Field(n, "endPort")))
		}
		all = append(all, p)
	}
	return all
}

// shares answers whether some port is in both; a name and a number may be the same.
func (a ports) shares(b ports) answer {
	if len(a) == 0 || len(b) == 0 {
		return yes
	}
	result := no
	for _, x := range a {
		for _, y := range b {
			result = max(result, x.meets(y))
		}
	}
	return result
}

func (a port) meets(b port) answer {
	if a.protocol != b.protocol && (a.protocol != "ANY" || b.protocol == "ICMP") && (b.protocol != "ANY" || a.protocol == "ICMP") {
		return no
	}
	if (a.name == "") != (b.name == "") {
		return undecided
	}
	if a.name != "" {
		if a.name == b.name {
			return yes
		}
		return undecided
	}
	return answerOf(a.first <= b.last && b.first <= a.last)
}
