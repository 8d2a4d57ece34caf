package doctor

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// found is a line of what gateway-setup.sh or node-routes.sh check says.
type found struct {
	line int
	text string // without "missing: "
	verb string // missing, extra or mismatched
}

// judgeCheck reads what the host's own program finds. Rules and routes of IPv4 are left to the
// tree where there is one; all else, the program knows best: kernel settings, how this host's
// firewall spells our lines, IPv6.
func (p *patient) judgeCheck() {
	if !p.has("check") && p.d.reports(p.Name, CodeAddress) {
		return // that is why it finds nothing
	}
	if !p.has("check") {
		p.d.undecided("%s: what its own program finds was not captured%s", p.Name, p.why("check"))
		return
	}
	of := map[diag.Code][]found{}
	for i, line := range p.lines("check") {
		verb, text, ok := strings.Cut(line, ": ")
		if !ok {
			continue
		}
		f := found{i + 1, text, verb}
		switch kind, rest, _ := strings.Cut(text, " "); {
		case verb == "mismatched":
			of[CodeFiles] = append(of[CodeFiles], f)
		case verb != "missing" && verb != "extra":
		case kind == "sysctl":
			// What it is now stands beside what it should be.
			if verb == "missing" {
				of[CodeSetting] = append(of[CodeSetting], f)
			}
		case kind == "firewall":
			of[CodeFirewall] = append(of[CodeFirewall], f)
		case kind == "rule" && (p.d.world == nil || strings.HasPrefix(rest, "6 ") || verb == "extra"):
			of[CodeRule] = append(of[CodeRule], f)
		case kind == "route" && (p.d.world == nil || strings.HasPrefix(rest, "6 ")):
			of[CodeRoute] = append(of[CodeRoute], f)
		}
	}
	p.checkSettings(of[CodeSetting])
	p.checkFirewall(of[CodeFirewall])
	p.checkOthers(CodeFiles, of[CodeFiles], "programs and tables of this host do not belong together")
	p.checkOthers(CodeRule, of[CodeRule], "its rules are not those of gateway-setup.sh")
	p.checkOthers(CodeRoute, of[CodeRoute], "its routes are not those of its program")
}

// more says how many there are besides the first.
func more(all []found) string {
	if len(all) < 2 {
		return ""
	}
	if len(all) == 2 {
		return ", and 1 more line"
	}
	return fmt.Sprintf(", and %d more lines", len(all)-1)
}

func (p *patient) checkOthers(code diag.Code, all []found, what string) {
	// IPv4 is told by the tree already.
	if len(all) == 0 || code != CodeFiles && p.d.reports(p.Name, code) {
		return
	}
	c := p.cause(code, p.Host.evidence("check", all[0].line), "%s: %s%s", what, all[0].text, more(all))
	if code != CodeFiles {
		c.Message = fmt.Sprintf("%s: %s is %s%s", what, all[0].text, all[0].verb, more(all))
	}
	c.Fix = p.apply()
	if code == CodeFiles {
		c.Fix = p.bringFiles()
	}
	p.d.add(c)
}

// reports reports whether a cause with the code is about the host.
func (d *diagnosis) reports(host string, code diag.Code) bool {
	for i := range d.causes {
		if d.causes[i].Host == host && d.causes[i].Code == code {
			return true
		}
	}
	return false
}

// checkSettings: forwarding comes first, since without it nothing goes through, and writing it
// changes that of all devices.
func (p *patient) checkSettings(all []found) {
	if len(all) == 0 {
		return
	}
	name, value, _ := strings.Cut(strings.TrimPrefix(all[0].text, "sysctl "), " ")
	c := p.cause(CodeSetting, p.Host.evidence("check", all[0].line), "kernel setting %s is not %s%s", strings.ReplaceAll(name, "/", "."), value, more(all))
	if e := p.find("sysctl", name+" "); e.Line > 0 {
		c.Evidence = append([]Evidence{e}, c.Evidence...)
		_, is, _ := strings.Cut(e.Text, " ")
		c.Message = fmt.Sprintf("kernel setting %s is %s, and not %s%s", strings.ReplaceAll(name, "/", "."), is, value, more(all))
	}
	switch {
	case strings.HasSuffix(name, "ip_forward") || strings.HasSuffix(name, "forwarding"):
		c.Message += ": this host forwards nothing"
	case strings.HasSuffix(name, "rp_filter"):
		c.Message += ": what comes by another way than its answer takes is dropped"
	}
	c.Fix = p.apply()
	p.d.add(c)
}

func (p *patient) checkFirewall(all []found) {
	if len(all) == 0 {
		return
	}
	first := all[0]
	for _, f := range all {
		if f.verb == "missing" {
			first = f
			break
		}
	}
	c := p.cause(CodeFirewall, p.Host.evidence("check", first.line), "the firewall is not as gateway-setup.sh makes it: %s is %s%s", strings.TrimPrefix(first.text, "firewall "), first.verb, more(all))
	c.Fix = p.apply()
	switch {
	case strings.Contains(first.text, " -I FORWARD ") || strings.Contains(first.text, " -I INPUT "):
		if e, ok := p.iptablesDrop(); ok {
			c.Evidence = append([]Evidence{e}, c.Evidence...)
			c.Message = "somebody's line comes before ours and drops what is forwarded: " + e.Text
			c.Fix += ", which puts ours first, and have whoever made that line leave tailscale0 alone"
		}
	case strings.Contains(first.text, "TCPMSS") || strings.Contains(first.text, "maxseg"):
		c.Message += "; TCP connections whose packets fill the LAN stall where ICMP is filtered"
	}
	p.d.add(c)
}
