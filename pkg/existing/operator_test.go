package existing_test

import (
	"testing"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
)

// TestOperatorProxies: what shows the operator, and what shows that its proxies have another
// tag than the usual one.
func TestOperatorProxies(t *testing.T) {
	const (
		class      = `{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: tailscale}, spec: {controller: tailscale.com/ts-ingress}}`
		nginx      = `{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx}, spec: {controller: k8s.io/ingress-nginx}}`
		group      = `{apiVersion: tailscale.com/v1alpha1, kind: ProxyGroup, metadata: {name: egress}, spec: {type: egress}}`
		usual      = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: operator, namespace: tailscale}, spec: {template: {spec: {containers: [{name: operator, env: [{name: PROXY_TAGS, value: "tag:proxy,tag:k8s"}]}]}}}}`
		other      = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: operator, namespace: tailscale}, spec: {template: {spec: {containers: [{name: operator, env: [{name: PROXY_TAGS, value: "tag:proxy"}]}]}}}}`
		stranger   = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: operator, namespace: flux}, spec: {template: {spec: {containers: [{name: manager}]}}}}`
		plain      = `{apiVersion: tailscale.com/v1alpha1, kind: Connector, metadata: {name: plain}, spec: {exitNode: true}}`
		explicit   = `{apiVersion: tailscale.com/v1alpha1, kind: Connector, metadata: {name: explicit}, spec: {tags: ["tag:k8s"]}}`
		otherwise  = `{apiVersion: tailscale.com/v1alpha1, kind: Connector, metadata: {name: otherwise}, spec: {tags: ["tag:gw"]}}`
		deployment = "Deployment/tailscale/operator"
	)
	for _, c := range []struct {
		want    string
		objects []string
	}{
		{"", nil},
		{"", []string{nginx, stranger}},
		{"IngressClass/tailscale", []string{nginx, class, group}},
		{"ProxyGroup/egress", []string{group}},
		{"Connector/plain", []string{plain}},
		{deployment, []string{usual, plain}},
		{"Connector/otherwise", []string{otherwise}}, // what it says of itself, its Services need not have
		{"", []string{plain, class, other}},
		{"Connector/explicit", []string{other, explicit}},
	} {
		var nodes []*yaml.RNode
		for _, o := range c.objects {
			nodes = append(nodes, yaml.MustParse(o))
		}
		objects, err := existing.Read("", nodes...)
		if err != nil {
			t.Fatal(err)
		}
		if got := existing.OperatorProxies(objects); got != c.want {
			t.Errorf("%s: %q, not %q", c.objects, got, c.want)
		}
	}
}
