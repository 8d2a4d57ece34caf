package existing

import (
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
)

// OperatorProxies names the first object which shows that proxies of Tailscale's operator
// have the tag that it gives them when nobody chooses another one. It is empty where no
// object shows the operator, or where the operator's own Deployment chooses other tags and
// no Connector chooses that one.
//
// The operator is shown by its Deployment, by its IngressClass, and by whatever belongs to
// its API group (tailscale 1.102.3, cmd/k8s-operator/deploy).
func OperatorProxies(objects []Object) string {
	shown, chosen := "", false
	for i := range objects {
		o := &objects[i]
		tags, isOperator := proxyTags(o)
		switch {
		case isConnector(o) && slices.Contains(decoded.Items(o.Content, "spec", "tags"), any(facts.TailscaleOperatorTag)):
			return o.ID()
		case isOperator && !slices.Contains(tags, facts.TailscaleOperatorTag):
			chosen = true
		case shown == "" && (isOperator || belongs(o)):
			shown = o.ID()
		}
	}
	if chosen {
		return ""
	}
	return shown
}

func isConnector(o *Object) bool { return o.Group() == operatorGroup && o.Kind == "Connector" }

// operatorGroup is the API group of what the operator reads (tailscale 1.102.3,
// k8s-operator/apis).
const operatorGroup = "tailscale.com"

func belongs(o *Object) bool {
	ingress := o.Group() == "networking.k8s.io" && o.Kind == "IngressClass"
	return o.Group() == operatorGroup || ingress && decoded.Text(o.Content, "spec", "controller") == operatorGroup+"/ts-ingress"
}

// proxyTags are what the operator's Deployment tells it to give to proxies; ok is false for
// any other object.
func proxyTags(o *Object) (tags []string, ok bool) {
	if o.Group() != "apps" || o.Kind != "Deployment" {
		return nil, false
	}
	for _, c := range decoded.Items(o.Content, "spec", "template", "spec", "containers") {
		for _, e := range decoded.Items(c, "env") {
			if decoded.Text(e, "name") == "PROXY_TAGS" {
				return strings.FieldsFunc(decoded.Text(e, "value"), func(c rune) bool { return c == ',' || c == ' ' }), true
			}
		}
	}
	return nil, false
}
