package sample

import "strings"

// Refused are values, as YAML, that no field of the kind may have. A leading ~ marks one that is
// only warned about. A kind of the contract without a row, and a row without a kind, fail.
func Refused() map[string][]string {
	host := []string{"0.0.0.0", "127.0.0.1", "169.254.169.254", "224.0.0.1", "255.255.255.255", `"::"`, `"::1"`, `"fe80::1"`, `"ff02::1"`, "10.0.0.05", "10.0.0.5/32", `"::ffff:10.0.0.5"`}
	return map[string][]string{
		"Prefix":               {"10.0.0.1/8", "127.0.0.0/8", "224.0.0.0/4", "255.255.255.255/32", `"ff00::/8"`, "10.0.0.0/08", "10.0.0.0", `" 10.0.0.0/8"`, "~0.0.0.0/0", `~"::/0"`},
		"Address":              host,
		"Port":                 {"0", "65536", "-1", "http"},
		"HostPort":             {"api.example.com", `"api.example.com:0"`, `"api.example.com:65536"`, `"-:443"`, `":443"`, `"0.0.0.0:443"`, `"224.0.0.1:443"`, `"[::]:443"`, `"[::1:443"`, `"10.0.0:443"`},
		"URL":                  {"headscale.example", "ftp://headscale.example", `"https://:::"`, `"https://[[::1"`, `"https://[1:2]"`, "https://-", "https://h-", `"https://h:99999"`, `"https://h:0"`, "https://u@h", "https://h/?q", "https://h/#f", "https://0.0.0.0", "https://255.255.255.255", `"https://[ff02::1]"`, "https://10.0.0"},
		"Image":                {`"registry.example:99999/tailscale:v1"`, `"registry.example:0/tailscale"`, `"Registry/Tailscale"`, `"tailscale@sha256:12"`, `"a b"`},
		"Version":              {"0.0.0", "0.0.0-rc.1", "v1.33.1", `"1.33"`, "1.33.01", "1.33.1000000"},
		"VersionRange":         {"{from: 1.90.0, until: 1.80.0}", "{from: 1.90.0, until: 1.90.0}"},
		"Date":                 {`"2027-02-31"`, `"2027-02-29"`, `"2027-13-01"`, `"2027-1-1"`, "11/25/2026", `""`, `"0"`},
		"MarkMask":             {"0", "-1", "4294967296"},
		"MarkValue":            {"0x100", "0xffffffff", "-1", "4294967296"},
		"MTU":                  {"0", "575", "9217"},
		"RegionName":           {"nowhere", "GCP", "a.b"},
		"Tag":                  {"k8s", `"tag:"`, `"tag:8s"`, `"tag:k 8s"`},
		"TagOwner":             {`"hello world"`, "10.0.0.0/8", "ops", `"*"`, `"tag:"`, `"group:"`, `"autogroup:"`, `"user:ops"`, `~"tag:nosuch"`},
		"Ports":                {`"tcp:65536"`, `"xyz:1"`, `"tcp:20-10"`, `""`},
		"Name":                 {`"Up"`, "a.b", "a_b", "-a", "a-", strings.Repeat("a", 64)},
		"Subdomain":            {`"Up"`, "a_b", "a..b", "-a", strings.Repeat("a", 254)},
		"Device":               {`"."`, `".."`, "-rf", "a/b", `"+"`, strings.Repeat("a", 16)},
		"NetplanID":            {`"."`, `".."`, "-rf", "eth+", strings.Repeat("a", 16)},
		"Directory":            {"etc", "/etc/../root", "/proc/self", "/sys", "/dev/shm", "/a b", "/"},
		"ClientID":             {`"a?ephemeral=false"`, `"a b"`, "-a"},
		"Audience":             {`"a b"`, `""`},
		"ProviderID":           {"gpu-7", `"a b://c"`, `"hybrid://a b"`},
		"LabelName":            {`"a b"`, "a/b/c", "x/" + strings.Repeat("a", 64)},
		"LabelValue":           {`"a b"`, "-a", strings.Repeat("a", 64)},
		"NodeSelector":         {`{"a b": c}`, "{a: b c}", "{a/b/c: d}"},
		"CloudRegion":          {`"EU-central-1"`, `"eu central"`, "e"},
		"CloudName":            {`"a b"`, "a/b", strings.Repeat("a", 81)},
		"GCPName":              {`"Up"`, "a_b", "1a"},
		"GCPProject":           {`"123456789012"`, `"Production"`, "short"},
		"ResourceGroup":        {`"a b"`, "a/b", "a."},
		"AWSRouteTable":        {"nodes", "rtb-xyz"},
		"AWSSecurityGroup":     {"nodes", "sg-xyz"},
		"AlibabaRouteTable":    {"nodes", "vtb-1"},
		"AlibabaSecurityGroup": {"nodes", "sg-1"},
		"Text":                 {`"  "`, `""`, `"a\nb"`, `"a\0b"`, `"a\e[2Jb"`, `"a\u2028b"`, `"a\u202eb"`},
		"Prose":                {`"  "`, `""`, `"a\0b"`, `"a\e[2Jb"`, `"a\u2029b"`, `"a\u2067b"`},
		"Reference":            {`"  "`, `"a\nb"`, `"a\u2028b"`},
		"AnyText":              {"hskey-auth-" + KeyEnd},
		"a number":             {"-1", "99999999999", "many"},
		"true or false":        {"maybe", "yes", "1"},
		"a word":               {"no-such-word", `""`},
	}
}

// KeyEnd is what of a key must never be printed.
const KeyEnd = "kNotARealOne1CNTRL"
