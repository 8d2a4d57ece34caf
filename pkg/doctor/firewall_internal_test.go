package doctor

import (
	"strings"
	"testing"
)

// Whose chains are in the way, and whose are not.
func TestForeignChains(t *testing.T) {
	chain := func(table, lines string) string {
		return "table " + table + " {\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy accept;\n" + lines + "\t}\n}\n"
	}
	for name, c := range map[string]struct {
		ruleset string
		found   bool
	}{
		"nothing":                    {"", false},
		"ours":                       {chain("inet kustomize_hybrid", "\t\tdrop\n"), false},
		"iptables'":                  {chain("ip filter", "\t\tdrop\n"), false},
		"a policy":                   {strings.Replace(chain("inet corp", ""), "accept;", "drop;", 1), true},
		"a policy, and the tunnel":   {strings.Replace(chain("inet corp", "\t\tiifname \"tailscale0\" accept\n"), "accept;", "drop;", 1), false},
		"firewalld's zones":          {chain("inet firewalld", "\t\tiifname \"tailscale0\" goto trusted\n\t\treject with icmpx admin-prohibited\n"), false},
		"firewalld without the zone": {chain("inet firewalld", "\t\tct state established accept\n\t\treject with icmpx admin-prohibited\n"), true},
		"kube-proxy's":               {chain("ip kube-proxy", "\t\tct state invalid drop\n"), false},
		"the tunnel":                 {chain("inet corp", "\t\toifname \"tailscale0\" drop\n"), true},
		"all but the tunnel":         {chain("inet corp", "\t\tiifname != \"tailscale0\" ip saddr 100.64.0.0/10 drop\n"), false},
		"another hook":               {strings.Replace(chain("inet corp", "\t\tdrop\n"), "hook forward", "hook output", 1), false},
	} {
		d := &diagnosis{}
		p := &patient{Host: &Host{Name: "h", files: map[string]*File{"nft.txt": {"hosts/h/nft.txt", []byte(c.ruleset)}}}, d: d, isGateway: true}
		p.judgeForeignFirewall()
		if (len(d.causes) > 0) != c.found {
			t.Errorf("%s: %+v", name, d.causes)
		}
	}
}

// What looks like a secret is left out, and what does not stays.
func TestRedact(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0/22 via 10.0.0.11 dev lan0":                                  "10.0.0.0/22 via 10.0.0.11 dev lan0",
		"nodekey:0123":                                                        "nodekey:0123",
		"cluster/fd00:10:10::11/64 table 5253":                                "cluster/fd00:10:10::11/64 table 5253",
		"a " + "tskey-" + "auth-kX1CNTRL-y b":                                 "a (left out) b",
		"--token=abc --other=1":                                               "--token=(left out) --other=1",
		"https://login.tailscale.com/a/0123 next":                             "https://login.tailscale.com/a/(left out) next",
		"https://u:p@control/x":                                               "https://(left out)@control/x",
		`"client-secret": "s3" , "name": "x"`:                                 `"client-secret": "(left out)" , "name": "x"`,
		"-----BEGIN PRIVATE " + "KEY-----\nabc\n-----END PRIVATE KEY-----\nx": "(left out)\nx",
		"password: hunter2":                                                   "password: (left out)",
	} {
		if got := Redact(text); got != want {
			t.Errorf("%q becomes %q, not %q", text, got, want)
		}
	}
}
