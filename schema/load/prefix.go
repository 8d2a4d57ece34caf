package load

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// textFault is what is wrong with the text of a prefix or an address: a clause that
// follows the text, the way out, and the text that was meant, where that is clear.
type textFault struct {
	code             diag.Code
	what, fix, means string
}

func (r *reader) prefix(n *yaml.Node, to *netip.Prefix, p *path) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		r.refuse(WrongType, n, p, "%s is %s, and must be a prefix such as 10.0.0.0/16", p.name(), describe(n)).
			Fix("write a prefix such as 10.0.0.0/16")
		return
	}
	prefix, fault := parsePrefix(n.Value)
	if fault != nil {
		r.textFault(n, p, fault)
		prefix, _ = netip.ParsePrefix(fault.means)
	}
	*to = prefix
}

func (r *reader) address(n *yaml.Node, to *netip.Addr, p *path) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		r.refuse(WrongType, n, p, "%s is %s, and must be an IP address such as 10.0.0.5", p.name(), describe(n)).
			Fix("write an address such as 10.0.0.5")
		return
	}
	addr, fault := parseAddress(n.Value)
	if fault != nil {
		if hostName(n.Value) && strings.HasPrefix(p.String(), "spec.cluster.apiServer.") {
			fault.fix = "write the servers' own addresses, such as 10.0.0.5; a name goes into endpoint, such as " + n.Value + ":6443"
		}
		r.textFault(n, p, fault)
		addr, _ = netip.ParseAddr(fault.means)
	}
	*to = addr
}

// hostName reports whether the text reads as a name of the DNS.
func hostName(s string) bool {
	return len(s) <= 253 && strings.Contains(s, ".") && strings.ContainsFunc(s, unicode.IsLetter) && !strings.ContainsFunc(s, func(c rune) bool {
		return c != '.' && c != '-' && (c > unicode.MaxASCII || !unicode.IsLetter(c) && !unicode.IsDigit(c))
	})
}

func (r *reader) textFault(n *yaml.Node, p *path, f *textFault) {
	d := r.refuse(f.code, n, p, "%s %q %s", p.name(), clip(n.Value), f.what).Fix("%s", f.fix)
	if f.means != "" {
		r.propose(d.Fix("write %s", f.means), p, f.means)
	}
}

// parsePrefix accepts canonical text only: whatever else some program accepts,
// another one reads differently or refuses (tailscaled refuses host bits since
// 1.98, and a space in its list of routes always).
func parsePrefix(s string) (netip.Prefix, *textFault) {
	if f := spaceFault(BadPrefix, s, "prefix"); f != nil {
		if p, err := netip.ParsePrefix(strings.TrimSpace(s)); err == nil {
			f.means = canonicalPrefix(p).String()
		}
		return netip.Prefix{}, f
	}
	addr, length, found := strings.Cut(s, "/")
	if !found {
		return netip.Prefix{}, noLength(s)
	}
	a, fault := parseAddressPart(addr)
	if fault != nil {
		fault.code = BadPrefix
		return netip.Prefix{}, fault
	}
	bits, err := strconv.Atoi(length)
	switch canonical := strconv.Itoa(bits); {
	case err != nil || bits < 0:
		return netip.Prefix{}, &textFault{BadPrefix, "has no number as its length", "write the length as a number, such as /16", ""}
	case bits > a.BitLen():
		return netip.Prefix{}, &textFault{BadPrefix, "is longer than its addresses, which have " + strconv.Itoa(a.BitLen()) + " bits",
			"write a length from 0 to " + strconv.Itoa(a.BitLen()), ""}
	case canonical != length:
		return netip.Prefix{}, &textFault{BadPrefix, "does not write its length plainly", "", canonicalPrefix(netip.PrefixFrom(a, bits)).String()}
	}
	p := netip.PrefixFrom(a, bits)
	return p, canonicalFault(p, s)
}

// canonicalFault says why p, which parsed, is not the text it should be.
func canonicalFault(p netip.Prefix, s string) *textFault {
	means := canonicalPrefix(p).String()
	switch {
	case p.Addr().Is4In6() && p.Bits() < 96:
		return &textFault{BadPrefix, "is an IPv4-mapped IPv6 prefix that is shorter than the mapping", "write the IPv4 prefix", ""}
	case p.Addr().Is4In6():
		return &textFault{BadPrefix, "is an IPv4-mapped IPv6 prefix, which routes nothing", "", means}
	case p.Masked() != p:
		return &textFault{HostBits, "has bits set beyond its length: it names an address, not a network", "", means}
	case p.String() != s:
		return &textFault{BadPrefix, "is not in canonical text", "", means}
	}
	return nil
}

// canonicalPrefix is p as it should be written.
func canonicalPrefix(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked()
}

func noLength(s string) *textFault {
	a, fault := parseAddressPart(s)
	if fault != nil {
		return &textFault{BadPrefix, "is not a prefix", "write a prefix such as 10.0.0.0/16", ""}
	}
	// Of all lengths, that of a single address is the least likely to be meant.
	return &textFault{BadPrefix, "has no length", fmt.Sprintf("write its length behind it: /%d if it is one address, a smaller number if it is a network", a.Unmap().BitLen()), ""}
}

func parseAddress(s string) (netip.Addr, *textFault) {
	if f := spaceFault(BadAddress, s, "address"); f != nil {
		if a, err := netip.ParseAddr(strings.TrimSpace(s)); err == nil {
			f.means = a.Unmap().WithZone("").String()
		}
		return netip.Addr{}, f
	}
	if addr, _, found := strings.Cut(s, "/"); found {
		f := &textFault{BadAddress, "is a prefix, and must be an address", "write the address without a length", ""}
		if a, err := netip.ParseAddr(addr); err == nil && a.Zone() == "" {
			f.means = a.Unmap().String()
		}
		return netip.Addr{}, f
	}
	if a, err := netip.ParseAddrPort(s); err == nil {
		return netip.Addr{}, &textFault{BadAddress, "has a port behind it, and must be an address; where a port is wanted, it has a field of its own", "", a.Addr().Unmap().WithZone("").String()}
	}
	a, fault := parseAddressPart(s)
	switch {
	case fault != nil:
		return netip.Addr{}, fault
	case a.Is4In6():
		return netip.Addr{}, &textFault{BadAddress, "is an IPv4-mapped IPv6 address", "", a.Unmap().String()}
	case a.String() != s:
		return netip.Addr{}, &textFault{BadAddress, "is not in canonical text", "", a.String()}
	}
	return a, nil
}

// leadingZero finds an IPv4 octet with a leading zero, which some programs read as
// octal.
var leadingZero = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9]+[.]){0,3}0[0-9]+([.][0-9]+){0,3}$`) })

func parseAddressPart(s string) (netip.Addr, *textFault) {
	a, err := netip.ParseAddr(s)
	switch {
	case err == nil && a.Zone() != "":
		return a, &textFault{BadAddress, "has a zone, which means something on one host only", "leave out the % and what follows it", ""}
	case err == nil:
		return a, nil
	case leadingZero().MatchString(s):
		return a, &textFault{BadAddress, "has a leading zero, which some programs read as octal", "write the numbers without leading zeros", ""}
	}
	return a, &textFault{BadAddress, "does not begin with an IP address", "write an address such as 10.0.0.5, or fd00:10::5", ""}
}

// spaceFault refuses white space anywhere: TS_ROUTES with a space stops a gateway
// (tailscale 1.84.3, cmd/containerboot).
func spaceFault(code diag.Code, s, noun string) *textFault {
	switch {
	case s == "":
		return &textFault{code, "is empty", "write one, or leave it out", ""}
	case strings.Contains(s, ","):
		return &textFault{code, "has a comma in it", "write a list with one " + noun + " in each element", ""}
	case strings.ContainsFunc(s, unicode.IsSpace):
		return &textFault{code, "has a space in it", "write it without spaces", ""}
	}
	return nil
}
