package host

import (
	"net"
	"strconv"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
)

// The units of a gateway that is services of its host, besides SetupService. Somebody
// enables the gateway and the health socket; the gateway brings the others.
const (
	TailscaledService = "kustomize-hybrid-tailscaled.service"
	GatewayService    = "kustomize-hybrid-gateway.service"
	gatewayWatch      = "kustomize-hybrid-watch.service"
	healthSocket      = "kustomize-hybrid-health.socket"
	healthService     = "kustomize-hybrid-health@.service"
)

const hostProgram = ProgramDir + "/gateway-host.sh"

// hostServices are what a pod's containers are elsewhere: tailscaled, who tells it what to
// be, the watch, and who answers health checks. Programs and units do it without a kubelet.
func (f *forms) hostServices() []hostFile {
	units := []hostFile{
		f.unit("gateway", TailscaledService, f.tailscaledUnit()),
		f.unit("gateway", GatewayService, f.gatewayUnit()),
	}
	if f.watchesPrimary() {
		units = append(units, f.unit("gateway", gatewayWatch, f.watchUnit()))
	}
	return append(units,
		f.unit("gateway", healthSocket, f.healthSocketUnit()),
		f.unit("gateway", healthService, f.healthUnit()))
}

// watchesPrimary reports whether gateways of the region run gateway-watch.sh.
func (f *forms) watchesPrimary() bool { return watched(f.plan) }

// tailscaledUnit is a unit of our own, beside the package's: that one reads
// /etc/default/tailscaled, keeps its state elsewhere, and is updated with the package.
// It is of the type notify, since tailscaled says when it is ready (tailscale 1.84.3,
// cmd/tailscaled/tailscaled.service).
func (f *forms) tailscaledUnit() string {
	return "# Brought by " + GatewayService + ". The package's own tailscaled.service cannot run beside it.\n" + sections(
		section("Unit",
			"Description=Tailscale as a gateway of region "+f.region.Name,
			"PartOf="+GatewayService,
			"Conflicts=tailscaled.service",
			"Requires="+SetupService,
			"After="+SetupService+" network-online.target tailscaled.service",
			"Before="+kubeletUnits(f.distribution()),
			"StartLimitIntervalSec=0",
		),
		section("Service",
			"Type=notify",
			"ExecStart="+hostProgram+" run",
			"Restart=always",
			"RestartSec=1",
			"RuntimeDirectory=tailscale",
			"RuntimeDirectoryMode=0755",
			"RuntimeDirectoryPreserve=yes",
			// A gateway that is killed for memory, or throttled, is an outage of its region.
			"OOMScoreAdjust=-900",
			"LimitNOFILE=1048576",
		),
	)
}

// gatewayUnit joins, and withdraws before tailscaled ends. A kubelet does not wait for
// it: where the control server cannot be reached, the host has to come up all the same.
func (f *forms) gatewayUnit() string {
	wants := TailscaledService
	if f.watchesPrimary() {
		wants += " " + gatewayWatch
	}
	return "# systemctl enable --now " + GatewayService + " " + healthSocket + ", on: " + strings.Join(f.plan.GatewayNames(), ", ") + "\n" +
		"# After a change of programs, tables or settings: systemctl reload " + GatewayService + "\n" + sections(
		section("Unit",
			"Description=Gateway of region "+f.region.Name,
			"Wants="+wants+" network-online.target",
			"Requires="+TailscaledService,
			"After="+TailscaledService+" network-online.target",
		),
		section("Service",
			"Type=oneshot",
			"RemainAfterExit=yes",
			"ExecStart="+hostProgram+" up",
			"ExecReload="+hostProgram+" setup",
			"ExecReload="+hostProgram+" up",
			"ExecStop="+hostProgram+" down",
			"TimeoutStartSec=infinity",
			"TimeoutStopSec=20",
		),
		section("Install", "WantedBy=multi-user.target"),
	)
}

// watchUnit stays while the gateway withdraws: until the far side knows, it is the watch
// that hands traffic to the new primary.
func (f *forms) watchUnit() string {
	return sections(
		section("Unit",
			"Description=Watch over the primary gateway of region "+f.region.Name,
			"PartOf="+GatewayService,
			"Requires="+SetupService,
			"After="+SetupService+" "+TailscaledService,
			"Before="+GatewayService,
			"StartLimitIntervalSec=0",
		),
		section("Service",
			"ExecStart="+hostProgram+" watch",
			"Restart=always",
			"RestartSec=2",
			"RuntimeDirectory="+strings.TrimPrefix(RunDir, "/run/"),
			"RuntimeDirectoryPreserve=yes",
		),
	)
}

// healthSocketUnit answers where the region's nodes ask, at the address of whichever gateway
// this is: FreeBind lets it listen on addresses that are not, or not yet, this host's. There
// is no limit of requests: each node asks once a second, and an answer costs a shell.
func (f *forms) healthSocketUnit() string {
	port := strconv.Itoa(facts.TailscaleHealthPort)
	var listen []string
	for _, n := range f.region.Gateways.Nodes {
		listen = append(listen, "ListenStream="+net.JoinHostPort(n.InternalIP.String(), port))
	}
	if f.plan.Health == plan.HealthLoopback {
		listen = []string{"ListenStream=127.0.0.1:" + port}
	}
	return sections(
		section("Unit", "Description=Health of a gateway of region "+f.region.Name),
		section("Socket", append(listen,
			"Accept=yes",
			"MaxConnections=256",
			"TriggerLimitIntervalSec=0",
			"FreeBind=yes",
		)...),
		section("Install", "WantedBy=sockets.target"),
	)
}

func (f *forms) healthUnit() string {
	return sections(
		section("Unit",
			"Description=An answer about the health of a gateway of region "+f.region.Name,
			"CollectMode=inactive-or-failed",
		),
		section("Service",
			"ExecStart="+hostProgram+" health",
			// Not in one of its own, which systemd would keep after it is gone.
			"Slice=system.slice",
			"StandardInput=socket",
			// By default it is the caller's, too.
			"StandardError=journal",
			"TimeoutStartSec=5",
			"RuntimeMaxSec=5",
			// Two lines in the journal for every question would bury those that matter.
			"LogLevelMax=notice",
			"NoNewPrivileges=yes",
			"ProtectSystem=strict",
			"ProtectHome=yes",
			"RuntimeDirectory="+strings.TrimPrefix(RunDir, "/run/"),
			"RuntimeDirectoryPreserve=yes",
		),
	)
}
