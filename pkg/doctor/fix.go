package doctor

import (
	"fmt"

	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// inContainer is how a command runs in a container of the gateway's pod: for static pods by the
// runtime, since the API server may reach no kubelet behind a gateway that is not well.
func (p *patient) inContainer(container, command string) string {
	if p.mode() == schema.ModeDaemonSet {
		return p.inPod(container) + command
	}
	return p.onHost() + fmt.Sprintf(`'crictl exec "$(crictl ps -q --name ^%s$)" %s'`, container, command)
}

// inPod is that of a DaemonSet's.
func (p *patient) inPod(container string) string {
	return fmt.Sprintf(`kubectl -n %s exec "$(kubectl -n %[1]s get pods -l app.kubernetes.io/name=tailscale-gateway --field-selector spec.nodeName=%s -o name)" -c %s -- `, schema.Namespace, p.called(), container)
}

func (p *patient) onHost() string { return "ssh root@" + p.called() + " " }

// mode is how the gateway runs; host where nobody says.
func (p *patient) mode() schema.GatewayMode {
	if p.region == nil || p.gateway == nil || p.region.Gateways.OnHost() {
		return schema.ModeHost
	}
	return p.region.Gateways.Mode
}

// tailscale is a command line of the CLI on the host.
func (p *patient) tailscale(args string) string {
	if p.mode() == schema.ModeHost {
		return p.onHost() + "tailscale " + args
	}
	return p.inContainer("tailscale", "tailscale "+args)
}

// apply has the host's program make what is missing.
func (p *patient) apply() string {
	const dir = "/etc/kustomize-hybrid/host/"
	switch {
	case !p.isGateway:
		return p.onHost() + dir + "node-routes.sh apply"
	case p.mode() == schema.ModeDaemonSet:
		return p.inPod("watch") + "sh " + dir + "gateway-setup.sh apply"
	case p.gateway != nil && p.gateway.InternalIP.IsValid():
		return p.onHost() + "HOST_IP=" + p.gateway.InternalIP.String() + " " + dir + "gateway-setup.sh apply"
	}
	return p.onHost() + "HOST_IP=INTERNAL_IP " + dir + "gateway-setup.sh apply"
}

// restart has tailscaled start anew.
func (p *patient) restart() string {
	switch p.mode() {
	case schema.ModeHost:
		return p.onHost() + "systemctl restart kustomize-hybrid-tailscaled kustomize-hybrid-gateway"
	case schema.ModeDaemonSet:
		return fmt.Sprintf("kubectl -n %s delete pods -l app.kubernetes.io/name=tailscale-gateway --field-selector spec.nodeName=%s", schema.Namespace, p.called())
	}
	return p.onHost() + `'crictl stop "$(crictl ps -q --name ^tailscale$)"'`
}

func (p *patient) restartWatch() string {
	if p.mode() == schema.ModeHost {
		return p.onHost() + "systemctl restart kustomize-hybrid-watch"
	}
	return p.inContainer("watch", "kill 1")
}

// bringFiles gives the host what is rendered now.
func (p *patient) bringFiles() string {
	switch {
	case p.gateway == nil:
		return "render the tree, and bring the host its region's node/tables and fleet.tables (kustomize-hybrid bundle --help)"
	case p.mode() == schema.ModeDaemonSet:
		return "kubectl apply -k out, where out is rendered from this topology"
	}
	return fmt.Sprintf("kustomize-hybrid bundle TOPOLOGY --host %s -o - | ssh root@%[1]s 'tar -x && ./install.sh apply'", p.called())
}
