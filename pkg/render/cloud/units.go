package cloud

import (
	"path"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/cloud/program"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/host"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// ProgramDir is where a gateway's host has the provider's program, what it shares with
// others, and the region's tables.
const ProgramDir = "/etc/kustomize-hybrid/cloud"

const (
	unitDir    = "/etc/systemd/system"
	unit       = "kustomize-hybrid-follow"
	backstop   = "30s" // where a change of the watch's file went unseen, or a call failed
	callsLimit = "5min"
)

// units move the routes to the primary, on the host of each gateway: at once when its watch
// decides anew, and every half minute.
func units(header string, r *plan.Region) []tree.File {
	file := func(suffix, text string) tree.File {
		name := unit + suffix
		return tree.File{
			Path: tree.InRegion(r.Region.Name, "cloud/systemd/"+name),
			Data: []byte(header + "# goes to " + unitDir + "/" + name + "\n" + text),
		}
	}
	return []tree.File{
		file(".path", followPath(r)),
		file(".service", followService(r)),
		file(".timer", followTimer(r)),
	}
}

// OnGateway are the files of a gateway's host by which the routes follow the primary: the
// provider's program, the region's tables, and the units. None where nobody asks for it.
func OnGateway(p *plan.Plan, r *plan.Region) []host.Installed {
	if r.Cloud == nil || !r.Cloud.Follows {
		return nil
	}
	header := tree.Header(p.Topology.Metadata.Name)
	var files []host.Installed
	for _, f := range program.Files() {
		if f.Name == program.Library || f.Name == plan.CloudProgram(r.Cloud.Cloud) {
			files = append(files, host.Installed{Path: ProgramDir + "/" + f.Name, Executable: f.Executable, Data: f.Data})
		}
	}
	files = append(files, host.Installed{Path: ProgramDir + "/tables", Data: Tables(p, r)})
	for _, f := range units(header, r) {
		files = append(files, host.Installed{Path: unitDir + "/" + path.Base(f.Path), Data: f.Data})
	}
	return files
}

// followService asks the cloud only where this host is the primary.
func followService(r *plan.Region) string {
	c, n := r.Cloud, network(r.Cloud)
	return "# " + ProgramDir + " has cloud/lib.sh, cloud/" + plan.CloudProgram(c.Cloud) + " and this region's cloud/tables.\n" +
		"# The host needs " + n.CLI + ", signed in: " + n.SignIn.Value + ".\n" +
		"# It may do no more than " + n.Moves.Value + ".\n" +
		"# systemctl enable --now " + unit + ".path " + unit + ".timer, on: " + strings.Join(gatewayNames(c), ", ") + "\n" +
		"# Disable both before '" + plan.CloudProgram(c.Cloud) + " remove', and while routes are to lead elsewhere.\n" +
		section("Unit",
			"Description=Routes of region "+r.Region.Name+" follow the primary gateway",
			"Wants=network-online.target",
			"After=network-online.target",
			"StartLimitIntervalSec=0",
		) + section("Service",
		"Type=oneshot",
		"ExecStart="+ProgramDir+"/"+plan.CloudProgram(c.Cloud)+" follow "+ProgramDir+"/tables",
		"TimeoutStartSec="+callsLimit,
		"# Command lines keep their sign-in there; what they are told by the environment has a file.",
		"Environment=HOME=/root",
		"EnvironmentFile=-"+ProgramDir+"/environment",
		"CapabilityBoundingSet=",
		"NoNewPrivileges=yes",
		"ProtectSystem=full",
		"PrivateTmp=yes",
		"PrivateDevices=yes",
	)
}

func followPath(r *plan.Region) string {
	return section("Unit", "Description=The watch decides anew who is the primary gateway of region "+r.Region.Name) +
		section("Path", "PathChanged="+host.RunDir+"/watch/memory") +
		section("Install", "WantedBy=multi-user.target")
}

func followTimer(r *plan.Region) string {
	return section("Unit", "Description=Routes of region "+r.Region.Name+" follow the primary gateway, twice a minute") +
		section("Timer", "OnActiveSec="+backstop, "OnUnitInactiveSec="+backstop, "AccuracySec=1s") +
		section("Install", "WantedBy=timers.target")
}

// section is a section of a unit, with a blank line before it.
func section(name string, lines ...string) string {
	return "\n[" + name + "]\n" + strings.Join(lines, "\n") + "\n"
}
