package load

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// keyPrefixes start every key of a tailnet that Tailscale (tailscale.com/kb/1277/key-prefixes)
// and Headscale (hscontrol/types/preauth_key.go, PreAuthKey.Proto) give out.
func keyPrefixes() []string { return []string{"tskey-", "hskey-"} }

// keyIn finds the beginning of a key in text; at is -1 where there is none.
func keyIn(s string) (prefix string, at int) {
	at = -1
	for _, p := range keyPrefixes() {
		if i := strings.Index(s, p); i >= 0 && (at < 0 || i < at) {
			prefix, at = p, i
		}
	}
	return prefix, at
}

// keys refuses a key of a tailnet wherever it stands, whatever the field is for: what is
// rendered is committed and printed. No message says more of it than its beginning, and what
// lies below a name with one is not looked at, since paths would repeat it.
func (r *reader) keys(n *yaml.Node, p *path) {
	switch n.Kind {
	case yaml.SequenceNode:
		for i, e := range n.Content {
			r.keys(e, p.element(i))
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			if prefix, at := keyIn(key.Value); at >= 0 {
				r.bad[value] = true
				r.secret(key, p, prefix, "the name of a field in "+p.name())
				continue
			}
			r.keys(value, p.field(key.Value))
		}
	case yaml.ScalarNode:
		if prefix, at := keyIn(n.Value); at >= 0 {
			r.secret(n, p, prefix, p.name())
		}
	}
}

func (r *reader) secret(n *yaml.Node, p *path, prefix, what string) {
	r.refuse(KeyInText, n, p, "%s holds a key of the tailnet (%s…), and nothing here may: what is rendered from it is committed and printed", what, prefix).
		Fix("take it out and revoke it; the Secret and the hosts' file that spec.tailnet.auth names hold keys")
}
