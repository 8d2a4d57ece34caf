package validate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// The codes of the findings about what gateways join with.
const (
	CodeKeyOneOff  diag.Code = "auth-key-one-off" // one key for several gateways that each need one
	CodeKeyOAuth   diag.Code = "auth-key-oauth"   // what makes further keys, on hosts
	CodeKeyControl diag.Code = "auth-key-control" // what the control server does not have
	CodeKeyUnread  diag.Code = "auth-key-unread"  // what is said of a key that nobody reads
)

const authPath = "spec.tailnet.auth"

// authKeys asks whether what is kept lets every gateway join, and what a thief has of it.
func authKeys(p *plan.Plan) diag.List {
	var list diag.List
	keyShared(p, &list)
	keyOnHosts(p, &list)
	keyControl(p, &list)
	keyUnread(p, &list)
	return list
}

// keyShared: a one-off key is spent when the first gateway has joined.
func keyShared(p *plan.Plan, list *diag.List) {
	if p.Topology.Spec.Tailnet.Auth.SecretKind != schema.KeyOneOff {
		return
	}
	var names []string
	for i := range p.Regions {
		if r := &p.Regions[i]; r.Region.Gateways.Mode == schema.ModeDaemonSet && !r.Federated {
			names = append(names, r.GatewayNames()...)
		}
	}
	if len(names) > 1 {
		list.Errorf(CodeKeyOneOff, authPath+".secretKind", "gateways %s share one Secret, and a one-off key lets the first of them join alone", strings.Join(names, ", ")).
			Fix("make a reusable key; or give gateways of a DaemonSet a workload identity, which leaves no key anywhere")
	}
}

// keyOnHosts: root on a host that has an OAuth client's secret makes keys with any of the
// client's tags, for as long as the client exists.
func keyOnHosts(p *plan.Plan, list *diag.List) {
	if p.Topology.Spec.Tailnet.Auth.HostKind != schema.KeyOAuthClient {
		return
	}
	var names []string
	d := &diag.Diagnostic{Severity: diag.Warning, Code: CodeKeyOAuth, Path: authPath + ".hostKind"}
	for i := range p.Regions {
		if r := p.Regions[i].Region; r.Gateways.Mode != schema.ModeDaemonSet {
			names = append(names, strconv.Quote(r.Name))
			d.See(regionPath(i)+".gateways.mode", "mode %s keeps it on hosts", r.Gateways.Mode)
		}
	}
	if len(names) == 0 {
		return
	}
	d.Message = fmt.Sprintf("hosts of %s keep an OAuth client's secret in a file: whoever is root there makes further keys with every tag that the client has, until somebody deletes it", regionsNamed(names))
	*list = append(*list, d.Fix("put a key there that was made with the client elsewhere: a one-off key is spent, and worth nothing, once the gateway has joined"))
}

func regionsNamed(names []string) string {
	if len(names) == 1 {
		return "region " + names[0]
	}
	return "regions " + strings.Join(names, ", ")
}

// keyUnread: what is said of a key that no gateway looks for.
func keyUnread(p *plan.Plan, list *diag.List) {
	auth := &p.Given.Spec.Tailnet.Auth
	var inSecret, onHosts bool
	for i := range p.Regions {
		r := &p.Regions[i]
		daemon := r.Region.Gateways.Mode == schema.ModeDaemonSet
		inSecret = inSecret || daemon && !r.Federated
		onHosts = onHosts || !daemon
	}
	if auth.SecretKind != "" && !inSecret {
		why := "no region has mode daemonSet"
		if auth.WorkloadIdentity.ClientID != "" && slices.ContainsFunc(p.Regions, func(r plan.Region) bool { return r.Federated }) {
			why = "gateways of DaemonSets join with workload identity " + auth.WorkloadIdentity.ClientID
		}
		list.Warnf(CodeKeyUnread, authPath+".secretKind", "secretKind is %s, and no gateway reads the Secret: %s", auth.SecretKind, why).
			Fix("remove secretKind; hostKind says what hosts' files hold")
	}
	if auth.HostKind != "" && !onHosts {
		list.Warnf(CodeKeyUnread, authPath+".hostKind", "hostKind is %s, and no gateway keeps a key on its host: every region has mode daemonSet", auth.HostKind).
			Fix("remove hostKind; secretKind says what the Secret holds")
	}
}

// keyControl: Headscale makes keys, and knows no OAuth clients (juanfont/headscale v0.29.2,
// cmd/headscale/cli: preauthkeys, apikeys).
func keyControl(p *plan.Plan, list *diag.List) {
	n := &p.Topology.Spec.Tailnet
	if n.Control != schema.ControlHeadscale {
		return
	}
	for _, f := range []struct {
		name string
		kind schema.KeyKind
	}{{"secretKind", n.Auth.SecretKind}, {"hostKind", n.Auth.HostKind}} {
		if f.kind == schema.KeyOAuthClient {
			list.Errorf(CodeKeyControl, authPath+"."+f.name, "gateways are to join with an OAuth client's secret, and the control server is %s, which has no such clients", n.Control).
				Fix("use a key that `headscale preauthkeys create` makes: reusable or oneOff")
		}
	}
}
