//go:build netns

package program

import (
	"strings"
	"testing"
)

// nodeHost is a host of that region that is not a gateway.
func nodeHost(t *testing.T, shell, name string) *host {
	t.Helper()
	return newHost(t, shell, name, nil, "10.0.0.21/22", "fd00:10::21/64")
}

func TestRoutesOnAKernel(t *testing.T) {
	for shell, name := range map[string]string{"dash": "dual", "busybox sh": "tailnet-ip"} {
		t.Run(shell+"/"+name, func(t *testing.T) {
			h := nodeHost(t, shell, name)
			h.lifecycle("node-routes.sh")
			h.succeed("node-routes.sh", "apply")
			h.breakEach("node-routes.sh", strings.Split(strings.TrimSpace(h.sh(`
				for f in 4 6; do
					ip -$f route show protocol 153 | awk -v f=$f '/^[^ \t]/ { print "ip -" f " route del " $1 " proto 153" }'
				done
				echo sysctl -w net.ipv4.fib_multipath_hash_policy=0
				echo sysctl -w net.ipv4.fib_multipath_use_neigh=0`)), "\n"))
		})
	}
}

func TestRoutesRefuseAGateway(t *testing.T) {
	h := nodeHost(t, "dash", "dual")
	h.ip("address add 10.0.0.12/22 dev lan0")
	before := h.dump()
	if out, code := h.run("node-routes.sh", "apply"); code != 1 || !strings.Contains(out, "it is a gateway") {
		t.Errorf("exit %d\n%s", code, out)
	}
	h.same("refusing", before, h.dump())
}

func TestRoutesLeaveSomebodyElsesRoute(t *testing.T) {
	h := nodeHost(t, "dash", "dual")
	h.ip("route add 10.143.0.0/24 via 10.0.0.254")
	if out, code := h.run("node-routes.sh", "apply"); code != 1 || !strings.Contains(out, "10.143.0.0/24") {
		t.Errorf("a route by somebody else was taken over: exit %d\n%s", code, out)
	}
	if out := h.sh("ip route show 10.143.0.0/24"); !strings.Contains(out, "via 10.0.0.254") {
		t.Errorf("somebody else's route is gone: %s", out)
	}
}
