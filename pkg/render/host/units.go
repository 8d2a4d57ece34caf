package host

import (
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host/program"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

const unitDir = "/etc/systemd/system"

// section is a section of a unit: its name and its lines.
func section(name string, lines ...string) string {
	return "[" + name + "]\n" + strings.Join(lines, "\n") + "\n"
}

// sections are a unit's, with a blank line between them.
func sections(list ...string) string { return "\n" + strings.Join(list, "\n") }

// kubeletUnits are the units that run a kubelet: routes and rules come before it.
func kubeletUnits(d schema.Distribution) string {
	return strings.Join(facts.Distribution(d).KubeletUnits.Or([]string{"kubelet.service"}), " ")
}

// nodeUnits keep the routes of a node that is not a gateway. One of them is enabled,
// and brings the others.
func (f *forms) nodeUnits() []hostFile {
	units := []hostFile{
		f.unit("node", "kustomize-hybrid-routes.service", f.routesUnit()),
		f.unit("node", "kustomize-hybrid-routes-check.service", f.checkUnit()),
		f.unit("node", "kustomize-hybrid-routes-check.timer", f.checkTimer()),
	}
	if f.plan.Watched() {
		units = append(units, f.unit("node", "kustomize-hybrid-routes-watch.service", f.nodeWatchUnit()))
	}
	return units
}

func (f *forms) unit(role, name, text string) hostFile {
	return f.hostFile(role+"/systemd/"+name, unitDir+"/"+name, text)
}

// routesUnit sets the routes before the kubelet looks for the API server, and takes
// them back when it is stopped; a reload applies new tables without a gap.
func (f *forms) routesUnit() string {
	brings := "kustomize-hybrid-routes-check.timer"
	if f.plan.Watched() {
		brings += " kustomize-hybrid-routes-watch.service"
	}
	return "# systemctl enable --now kustomize-hybrid-routes.service; after a change of programs or tables: systemctl reload\n" +
		f.notOnGateways() + sections(
		section("Unit",
			"Description=Routes from region "+f.region.Name+" to the others",
			"Wants=network-online.target "+brings,
			"After=network-online.target",
			"Before="+kubeletUnits(f.distribution()),
		),
		section("Service", append([]string{
			"Type=oneshot",
			"RemainAfterExit=yes",
			"ExecStart=" + ProgramDir + "/node-routes.sh apply",
			"ExecReload=" + ProgramDir + "/node-routes.sh apply",
			"ExecStop=" + ProgramDir + "/node-routes.sh remove",
		}, hardening()...)...),
		section("Install", "WantedBy=multi-user.target"),
	)
}

// nodeWatchUnit runs the watch for ever, and stops before the routes are removed.
func (f *forms) nodeWatchUnit() string {
	return sections(
		section("Unit",
			"Description=Watch over the gateways of region "+f.region.Name,
			"PartOf=kustomize-hybrid-routes.service",
			"After=kustomize-hybrid-routes.service",
			"StartLimitIntervalSec=0",
		),
		section("Service", append([]string{
			"ExecStart=" + ProgramDir + "/node-watch.sh",
			"Restart=always",
			"RestartSec=2",
		}, hardening()...)...),
	)
}

// checkUnit mends what others have taken away: networkd removes routes that it does
// not know whenever it starts (systemd 252, networkd.conf(5): ManageForeignRoutes). It
// says what was missing, and nothing where nothing was.
func (f *forms) checkUnit() string {
	return sections(
		section("Unit",
			"Description=Check of the routes from region "+f.region.Name+" to the others",
			// One that is under way when the routes are stopped would bring them again.
			"PartOf=kustomize-hybrid-routes.service",
			"After=kustomize-hybrid-routes.service",
		),
		section("Service", append([]string{
			"Type=oneshot",
			"ExecStart=/bin/sh -c '" + ProgramDir + "/node-routes.sh check || exec " + ProgramDir + "/node-routes.sh apply'",
			// Two lines in the journal for every run would bury those that matter.
			"SyslogLevel=notice",
			"LogLevelMax=notice",
		}, hardening()...)...),
	)
}

func (f *forms) checkTimer() string {
	return sections(
		section("Unit",
			"Description=Check of the routes from region "+f.region.Name+" to the others, twice a minute",
			"PartOf=kustomize-hybrid-routes.service",
		),
		section("Timer", "OnActiveSec=30s", "OnUnitActiveSec=30s", "AccuracySec=1s"),
	)
}

// hardening leaves the programs what they need: routes and the kernel's network
// settings, which root may write with CAP_NET_ADMIN alone, the directory of their
// state, and HTTP to the gateways.
func hardening() []string {
	return []string{
		"CapabilityBoundingSet=CAP_NET_ADMIN",
		"NoNewPrivileges=yes",
		"ProtectSystem=strict",
		"ProtectHome=yes",
		"PrivateTmp=yes",
		"PrivateDevices=yes",
		"ProtectClock=yes",
		"ProtectControlGroups=yes",
		"ProtectHostname=yes",
		"ProtectKernelLogs=yes",
		"ProtectKernelModules=yes",
		"RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
		"RestrictNamespaces=yes",
		"RestrictRealtime=yes",
		"RestrictSUIDSGID=yes",
		"LockPersonality=yes",
		"MemoryDenyWriteExecute=yes",
		"SystemCallArchitectures=native",
		"SystemCallFilter=@system-service",
		// Shared by the units and with whoever runs the programs by hand.
		"RuntimeDirectory=" + strings.TrimPrefix(RunDir, "/run/"),
		"RuntimeDirectoryPreserve=yes",
	}
}

// addressUnits make the internalIP of a host that no network gives one, before the
// kubelet registers it. They are there whatever forms the topology asks for: nothing else
// makes it.
func (f *forms) addressUnits() []hostFile {
	if f.region.HostAddress != schema.HostAddressMade {
		return nil
	}
	return []hostFile{
		f.unit("gateway", AddressService, f.addressUnit()),
		f.unit("gateway", "kustomize-hybrid-address-check.service", f.addressCheckUnit()),
		f.unit("gateway", "kustomize-hybrid-address-check.timer", sections(
			section("Unit",
				"Description=Check of the internalIP that this host makes, twice a minute",
				"PartOf="+AddressService,
			),
			section("Timer", "OnActiveSec=30s", "OnUnitActiveSec=30s", "AccuracySec=1s"),
		)),
	}
}

// AddressService is the unit that makes a host's own address.
const AddressService = "kustomize-hybrid-address.service"

const addressProgram = ProgramDir + "/" + program.Address

// addressUnit has no ExecStop: the node and all of its connections have that address.
func (f *forms) addressUnit() string {
	return "# systemctl enable --now " + AddressService + ", on: " + strings.Join(f.plan.GatewayNames(), ", ") + "\n" +
		"# To take the address back, once the node is gone for good: " + addressProgram + " remove\n" +
		sections(
			section("Unit",
				"Description=The internalIP of a host of region "+f.region.Name+" that no network gives it",
				"Wants=kustomize-hybrid-address-check.timer",
				"Before=kustomize-hybrid-setup.service "+kubeletUnits(f.distribution()),
			),
			section("Service", append([]string{
				"Type=oneshot",
				"RemainAfterExit=yes",
				"ExecStart=" + addressProgram + " apply",
				"ExecReload=" + addressProgram + " apply",
			}, hardening()...)...),
			section("Install", "WantedBy=multi-user.target"),
		)
}

// addressCheckUnit mends what others have taken away, and says what was missing.
func (f *forms) addressCheckUnit() string {
	return sections(
		section("Unit",
			"Description=Check of the internalIP that this host makes",
			"PartOf="+AddressService,
			"After="+AddressService,
		),
		section("Service", append([]string{
			"Type=oneshot",
			"ExecStart=/bin/sh -c '" + addressProgram + " check || exec " + addressProgram + " apply'",
			// Two lines in the journal for every run would bury those that matter.
			"SyslogLevel=notice",
			"LogLevelMax=notice",
		}, hardening()...)...),
	)
}

// gatewayUnits prepare a static pod's host before its kubelet starts. The pod's init
// container does the same, but only once its image is there: until then traffic that
// nodes and route tables still send here would leave by the default route. Where a
// DaemonSet brings the programs there is none on the host, and a second copy could be
// older than the first.
func (f *forms) gatewayUnits() []hostFile {
	if f.region.Gateways.Mode == schema.ModeDaemonSet {
		return nil
	}
	units := []hostFile{f.unit("gateway", SetupService, f.setupUnit())}
	if f.region.Gateways.OnHost() {
		units = append(units, f.hostServices()...)
	}
	return units
}

// SetupService is the unit that prepares a gateway's host.
const SetupService = "kustomize-hybrid-setup.service"

// podFirewall is the choice of firewall that a pod's image makes, for whoever runs the
// program beside the pod.
func (f *forms) podFirewall() string {
	if f.region.Gateways.OnHost() {
		return ""
	}
	return "FIREWALL=iptables "
}

// runSetup runs gateway-setup.sh for the address that this host has. With a pod it asks for
// iptables because that is what the pod's image has, so that both write the same chains.
func (f *forms) runSetup() []string {
	if f.region.Gateways.OnHost() {
		return []string{"ExecStart=" + hostProgram + " setup", "ExecReload=" + hostProgram + " setup"}
	}
	var addresses []string
	for _, n := range f.region.Gateways.Nodes {
		addresses = append(addresses, n.InternalIP.String())
	}
	return []string{
		"Environment=FIREWALL=iptables",
		"ExecStart=/bin/sh -c 'for ip in " + strings.Join(addresses, " ") + `; do \`,
		`	if ip -o address show to "$$ip" | grep -q .; then exec env HOST_IP="$$ip" ` + ProgramDir + `/gateway-setup.sh apply; fi; \`,
		`	done; echo "this host has the address of no gateway" >&2; exit 1'`,
	}
}

// setupUnit has no ExecStop: what it would take away, the gateway that runs still needs.
func (f *forms) setupUnit() string {
	before := "network-online.target"
	if f.region.HostAddress == schema.HostAddressMade {
		before += " " + AddressService
	}
	return "# systemctl enable --now kustomize-hybrid-setup.service, on: " + strings.Join(f.plan.GatewayNames(), ", ") + "\n" +
		"# To take it all back, once the gateway is gone for good: HOST_IP=... " + f.podFirewall() + ProgramDir + "/gateway-setup.sh remove\n" +
		sections(
			section("Unit",
				"Description=Rules, tables and firewall of a gateway of region "+f.region.Name,
				"Wants="+before,
				"After="+before,
				"Before="+kubeletUnits(f.distribution()),
			),
			section("Service", slices.Concat([]string{
				"Type=oneshot",
				"RemainAfterExit=yes",
			}, f.runSetup(), []string{
				"NoNewPrivileges=yes",
				"ProtectHome=yes",
				"PrivateTmp=yes",
				"RuntimeDirectory=" + strings.TrimPrefix(RunDir, "/run/"),
				"RuntimeDirectoryPreserve=yes",
			})...),
			section("Install", "WantedBy=multi-user.target"),
		)
}
