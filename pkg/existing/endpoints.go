package existing

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// endpointsCheck compares the addresses behind the Service "kubernetes": pods reach the API
// server by them.
func endpointsCheck(w *wanted, list *diag.List, o *Object, _ []objectClaim) {
	if !isKubernetes(o, o.Name) {
		return
	}
	e := &endpoints{Object: o, w: w}
	for i, s := range decoded.Items(o.Content, "subsets") {
		at := diag.Index("subsets", i)
		for j, a := range decoded.Items(s, "addresses") {
			e.add(diag.Index(at+".addresses", j)+".ip", decoded.Text(a, "ip"))
		}
		e.ports(at+".ports", decoded.Items(s, "ports"))
	}
	*list = append(*list, e.findings()...)
}

func endpointSliceCheck(w *wanted, list *diag.List, o *Object, _ []objectClaim) {
	if !isKubernetes(o, decoded.Text(o.Content, "metadata", "labels", "kubernetes.io/service-name")) {
		return
	}
	e := &endpoints{Object: o, w: w}
	for i, s := range decoded.Items(o.Content, "endpoints") {
		at := diag.Index("endpoints", i) + ".addresses"
		for j, a := range decoded.Items(s, "addresses") {
			address, _ := a.(string)
			e.add(diag.Index(at, j), address)
		}
	}
	e.ports("ports", decoded.Items(o.Content, "ports"))
	*list = append(*list, e.findings()...)
}

func isKubernetes(o *Object, service string) bool {
	return service == "kubernetes" && o.Namespace == "default"
}

// endpoints are the addresses and ports of API servers that an object shows.
type endpoints struct {
	*Object
	w     *wanted
	shown []netip.Addr
	first string // field of the first address that the topology does not have
	other []string
	list  diag.List
}

func (e *endpoints) add(field, address string) {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return
	}
	e.shown = append(e.shown, a)
	if !e.w.topology.Spec.Cluster.APIServer.Has(a) {
		e.other = append(e.other, a.String())
		if e.first == "" {
			e.first = field
		}
	}
}

func (e *endpoints) ports(field string, ports []any) {
	want := e.w.plan.Topology.Spec.Cluster.APIServer.Port
	for i, p := range ports {
		if says := fmt.Sprint(decoded.Dig(p, "port")); decoded.Dig(p, "port") != nil && says != strconv.Itoa(want) {
			d := e.finding(diag.Warning, CodeObjectDiffers, diag.Index(field, i)+".port", "the API servers listen on port %s (%s), and the topology says %d: firewalls and the tailnet policy let that one through", says, e.ID(), want)
			d.See("spec.cluster.apiServer", "the API server stands here")
			e.list = append(e.list, d.Fix("write apiServer.port: %s", says))
		}
	}
}

func (e *endpoints) findings() diag.List {
	const where = "spec.cluster.apiServer"
	api := &e.w.topology.Spec.Cluster.APIServer
	if len(e.other) > 0 {
		d := e.finding(diag.Warning, CodeObjectDiffers, e.first, "API servers are at %s (%s), which apiServer of the topology does not name: pods and kubelets of other regions are not let through to them", strings.Join(e.other, ", "), e.ID())
		d.See(where, "the API server stands here")
		e.list = append(e.list, d.Fix("add %s to apiServer.addresses", strings.Join(e.other, ", ")))
	}
	var gone []string
	same := func(a netip.Addr) bool {
		return slices.ContainsFunc(e.shown, func(o netip.Addr) bool { return o.Is4() == a.Is4() })
	}
	for _, a := range api.Addresses {
		if a.IsValid() && same(a) && !slices.Contains(e.shown, a) {
			gone = append(gone, a.String())
		}
	}
	if len(gone) > 0 {
		d := e.finding(diag.Warning, CodeObjectDiffers, "", "%s does not have %s, which apiServer.addresses of the topology name: no API server answers there, unless it is down", e.ID(), strings.Join(gone, ", "))
		d.See(where, "the API server stands here")
		e.list = append(e.list, d.Fix("drop %s from apiServer.addresses; a load balancer's address is apiServer.endpoint", strings.Join(gone, ", ")))
	}
	return e.list
}
