//go:build scale

package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// prepared is a gateway that the setup program prepared.
type prepared struct {
	*bed
	rules, filters int
	first, again   applied
}

// applied is a run of apply.
type applied struct {
	cpu   time.Duration
	forks int
}

// forwards prints what a gateway of fleets of each size forwards, beside one without
// rules and filters of ours.
func forwards(o options, firewall string) error {
	fmt.Printf("\nFirewall %s:\n\n| regions | `ip rule` | filter rules | apply | again | UDP, 64 bytes | without | | TCP | without | |\n|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n", firewall)
	for _, regions := range o.regions {
		if err := forward(o, firewall, regions); err != nil {
			return err
		}
	}
	return nil
}

func forward(o options, firewall string, regions int) error {
	remote := host(nodePrefix(regions-1), lanHost)
	bare, err := newBed("bare", remote)
	if err != nil {
		return err
	}
	defer bare.close()
	const main = 254
	if err := bare.routes(regions, main); err != nil {
		return err
	}
	p, err := prepare(o, firewall, regions, remote)
	if err != nil {
		return err
	}
	defer p.close()
	udp, udpBare, err := byTurns(o, p.bed, bare, (*bed).packets)
	if err != nil {
		return err
	}
	tcp, tcpBare, err := byTurns(o, p.bed, bare, (*bed).stream)
	if err != nil {
		return err
	}
	fmt.Printf("| %d | %d | %d | %s | %s | %.0f k/s | %.0f k/s | %.0f %% | %.2f Gbit/s | %.2f Gbit/s | %.0f %% |\n", regions, p.rules, p.filters, p.first, p.again,
		udp/1e3, udpBare/1e3, 100*udp/udpBare, 8*tcp/1e9, 8*tcpBare/1e9, 100*tcp/tcpBare)
	return nil
}

func (a applied) String() string { return fmt.Sprintf("%.1f s, %d forks", a.cpu.Seconds(), a.forks) }

// prepare renders a fleet and runs the setup program of its first gateway, twice.
func prepare(o options, firewall string, regions int, remote netip.Addr) (*prepared, error) {
	dir := filepath.Join(o.work, "gateway")
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	if err := write(filepath.Join(dir, "topology.yaml"), fleet(regions)); err != nil {
		return nil, err
	}
	tree := filepath.Join(dir, "tree")
	if _, err := command(o.program, "render", filepath.Join(dir, "topology.yaml"), "-o", tree); err != nil {
		return nil, err
	}
	setup, err := install(tree, regionName(0), filepath.Join(dir, "host"))
	if err != nil {
		return nil, err
	}
	bed, err := newBed("prepared", remote)
	if err != nil {
		return nil, err
	}
	p := &prepared{bed: bed}
	if err := p.set(setup, firewall, filepath.Join(dir, "state"), regions); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

func (p *prepared) set(setup, firewall, state string, regions int) error {
	var err error
	if p.first, err = p.apply(setup, firewall, state); err != nil {
		return err
	}
	if p.again, err = p.apply(setup, firewall, state); err != nil {
		return err
	}
	for t := range watchTables {
		if err := p.routes(regions, watchTable+t); err != nil {
			return err
		}
	}
	return p.count(firewall)
}

// apply runs it in a namespace of process IDs, whose last number says how many
// processes there were: less the two that are ours.
func (p *prepared) apply(setup, firewall, state string) (applied, error) {
	script := `"$0" apply; code=$?; cat /proc/sys/kernel/ns_last_pid; exit $code`
	cmd := in(p.gateway, "unshare", "--pid", "--fork", "--mount-proc", "sh", "-c", script, setup)
	cmd.Env = append(os.Environ(), "HOST_IP="+gatewayAddress().String(), "FIREWALL="+firewall, "STATE_DIR="+state)
	out, err := output(cmd)
	if err != nil {
		return applied{}, err
	}
	forks, err := strconv.Atoi(strings.TrimSpace(out))
	return applied{cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), forks - 2}, err
}

// count is how many rules a packet may meet: of both families.
func (p *prepared) count(firewall string) error {
	const kernels = 3 // 0, 32766 and 32767; IPv6 has no 32767
	rules, err := command("ip", "-n", p.gateway, "rule", "show")
	if err != nil {
		return err
	}
	six, err := command("ip", "-n", p.gateway, "-6", "rule", "show")
	if err != nil {
		return err
	}
	p.rules = strings.Count(rules, "\n") - kernels + strings.Count(six, "\n") - (kernels - 1)
	if firewall == "nft" {
		ruleset, err := output(in(p.gateway, "nft", append([]string{"-s", "list", "table"}, strings.Fields(nftTable)...)...))
		p.filters = nftRules(ruleset)
		return err
	}
	for _, save := range []string{"iptables-save", "ip6tables-save"} {
		saved, err := output(in(p.gateway, save))
		if err != nil {
			return err
		}
		p.filters += strings.Count(saved, "\n-A ")
	}
	return nil
}

// nftRules counts the rules in chains; elements of sets are none.
func nftRules(ruleset string) int {
	n, chain := 0, false
	for line := range strings.Lines(ruleset) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "chain "):
			chain = true
		case line == "}":
			chain = false
		case chain && line != "" && !strings.HasPrefix(line, "type "):
			n++
		}
	}
	return n
}

// byTurns measures two beds in turn, and returns the median of each.
func byTurns(o options, a, b *bed, rate func(*bed, options) (float64, error)) (float64, float64, error) {
	var as, bs []float64
	for range o.rounds {
		ra, err := rate(a, o)
		if err != nil {
			return 0, 0, err
		}
		rb, err := rate(b, o)
		if err != nil {
			return 0, 0, err
		}
		as, bs = append(as, ra), append(bs, rb)
	}
	slices.Sort(as)
	slices.Sort(bs)
	return as[len(as)/2], bs[len(bs)/2], nil
}
