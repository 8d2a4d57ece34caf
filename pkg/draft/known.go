package draft

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/existing"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// known is what files say of a cluster, before it is a topology. What several of them say is the
// first one's.
type known struct {
	distribution schema.Distribution
	kubernetes   schema.Version
	plugin       schema.CNIType
	sure         int // how much speaks for the plugin
	services     []netip.Prefix
	pods         []netip.Prefix // of all regions together
	endpoint     string
	servers      []netip.Addr
	cni          schema.CNI // how the plugin runs, without its type
	tailnet      schema.Tailnet
	nodes        []node
	// blocks are pods' addresses by node, as Nodes say it; cilium are those that Cilium gave out,
	// which count where there are any.
	blocks, cilium map[string][]netip.Prefix
	regions        []schema.Region // those that something names whole
	routers        []router
	list           diag.List
}

// object is a document of somebody's, and what reads its fields.
type object struct{ *existing.Object }

// read takes what the documents say.
func read(objects []existing.Object) *known {
	k := &known{blocks: map[string][]netip.Prefix{}, cilium: map[string][]netip.Prefix{}}
	var all []object
	for i := range objects {
		all = append(all, object{&objects[i]})
	}
	identified := map[int]bool{}
	for i, o := range all {
		identified[i] = k.identify(o)
	}
	first, count := map[string]object{}, map[string]int{}
	for i, o := range all {
		if !k.take(o) && !identified[i] {
			if count[o.Kind]++; count[o.Kind] == 1 {
				first[o.Kind] = o
			}
		}
	}
	for kind, o := range first {
		k.unread(o, count[kind]-1)
	}
	k.permissions(all)
	k.list.Sort()
	return k
}

// take reads one document; ok is false where nothing is taken from it.
func (k *known) take(o object) (ok bool) {
	for _, reader := range readers() {
		ok = reader(k, o) || ok
	}
	return ok
}

// readers are what knows some kind of document each.
func readers() []func(*known, object) bool {
	return []func(*known, object) bool{
		(*known).node, (*known).kubeadm, (*known).config, (*known).pool, (*known).serverConfig, (*known).managed,
		(*known).machineConfig, (*known).connector, (*known).extension, (*known).workload, (*known).access,
	}
}

// identify looks at who left the document there, and reports whether it knows.
func (k *known) identify(o object) bool {
	id, ok := o.ID(), false
	for _, p := range facts.Plugins() {
		weight := 0
		switch s := p.Signs.Value; {
		case slices.Contains(s.Objects, id), o.Group() != "" && slices.Contains(s.Groups, o.Group()):
			weight, ok = objectSign, true
		case o.Kind == "Node" && len(s.Annotations) > 0 && !slices.ContainsFunc(s.Annotations, func(a string) bool { return o.text("metadata", "annotations", a) == "" }):
			weight = len(s.Annotations)
		}
		if weight > k.sure {
			k.sure, k.plugin = weight, p.Type
			k.cni.Version = imageVersion(o)
		}
	}
	if o.Kind != "Node" || k.distribution != "" {
		return ok
	}
	labels, _ := o.dig("metadata", "labels").(map[string]any)
	annotations, _ := o.dig("metadata", "annotations").(map[string]any)
	for _, d := range facts.Distributions() {
		if d.Shows(o.text("status", "nodeInfo", "kubeletVersion"), o.text("status", "nodeInfo", "osImage"), labels, annotations) {
			k.distribution = d.Name
		}
	}
	return ok
}

// objectSign is how much more an object of a plugin's own says than annotations, which plugins that
// are made of others share with those.
const objectSign = 10

// imageVersion is what a workload's first image says of its release; empty where that is no version.
func imageVersion(o object) schema.Version {
	spec, _ := pod(o)
	for _, c := range decoded.Items(spec, "containers") {
		return releaseOf(decoded.Text(c, "image"))
	}
	return ""
}

// releaseOf is the release that an image's tag names; empty where it names none.
func releaseOf(image string) schema.Version {
	name, _, _ := strings.Cut(image, "@")
	tag := strings.TrimPrefix(name[strings.LastIndexByte(name, ':')+1:], "v")
	if strings.Count(core(tag), ".") != 2 {
		return ""
	}
	return schema.Version(core(tag))
}

// unread says that documents of a kind were no use: the first of them, and how many more.
func (k *known) unread(o object, more int) {
	what := o.ID()
	if o.Kind == "" {
		what = "a document without a kind"
	}
	if more > 0 {
		what += fmt.Sprintf(" and %d more of its kind", more)
	}
	k.warn(CodeUnread, o, "", "nothing is taken from %s: it says nothing of networks, gateways or the cluster that is known here", what).
		Fix("leave it out, or write what it says into the topology")
}

// warn is about a field of a document.
func (k *known) warn(code diag.Code, o object, field, format string, args ...any) *diag.Diagnostic {
	d := k.list.Warnf(code, o.Path(field), format, args...)
	d.Pos = o.Position(field)
	return d
}

func (k *known) err(code diag.Code, o object, field, format string, args ...any) *diag.Diagnostic {
	d := k.warn(code, o, field, format, args...)
	d.Severity = diag.Error
	return d
}

// version takes MAJOR.MINOR.PATCH without a leading v.
func (k *known) version(s string) {
	v := strings.TrimPrefix(s, "v")
	if parts := strings.Split(core(v), "."); k.kubernetes == "" && len(parts) == 3 {
		k.kubernetes = schema.Version(v)
	}
}

// core is a version without a distribution's suffix.
func core(v string) string {
	if i := strings.IndexAny(v, "+-"); i >= 0 {
		return v[:i]
	}
	return v
}

func (k *known) setPods(p []netip.Prefix) {
	if len(k.pods) == 0 {
		k.pods = p
	}
}

func (k *known) setServices(p []netip.Prefix) {
	if len(k.services) == 0 {
		k.services = p
	}
}

// withoutUser is a URL without the user and password that may stand before its host, and whether
// they do: neither belongs into a topology, nor into a message.
func withoutUser(s string) (url string, had bool) {
	i := strings.LastIndexByte(s, '@')
	if i < 0 {
		return s, false
	}
	scheme, _, isURL := strings.Cut(s[:i], "://")
	if isURL {
		return scheme + "://" + s[i+1:], true
	}
	return s[i+1:], true
}

// setEndpoint takes HOST:PORT, HOST, or a URL of either, as a field of a document has it.
func (k *known) setEndpoint(o object, field, s string) {
	s, had := withoutUser(s)
	if had {
		k.err(CodeManifestKey, o, field, "%s has a user or a password before its host, in clear text: whoever reads the file has them", field).
			Fix("write the address without them: an API server is asked for by name and port alone; change the password, since it may have been read")
	}
	_, after, isURL := strings.Cut(s, "://")
	if isURL {
		s, _, _ = strings.Cut(after, "/")
	}
	if s == "" || k.endpoint != "" {
		return
	}
	if _, _, err := net.SplitHostPort(s); err != nil {
		port := facts.APIServerPort
		if isURL {
			port = 443 // that of https, RFC 9110
		}
		s = net.JoinHostPort(strings.Trim(s, "[]"), fmt.Sprint(port))
	}
	k.endpoint = s
}

// podsOf are the blocks of a node.
func (k *known) podsOf(name string) []netip.Prefix {
	if p := k.cilium[name]; len(p) > 0 {
		return p
	}
	return k.blocks[name]
}

// prefixes reads a list, or a list in one string; what is no prefix is left to who compares the
// document with the topology.
func prefixes(v any) []netip.Prefix {
	var list []netip.Prefix
	for _, s := range words(v) {
		if p, err := netip.ParsePrefix(s); err == nil {
			list = append(list, p.Masked())
		}
	}
	return list
}

// words are the strings of a list, or of one that is written as text with commas.
func words(v any) []string {
	switch v := v.(type) {
	case string:
		return strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' })
	case []any:
		var list []string
		for _, e := range v {
			list = append(list, words(e)...)
		}
		return list
	}
	return nil
}

func (o object) dig(keys ...string) any { return decoded.Dig(o.Content, keys...) }

func (o object) text(keys ...string) string { return decoded.Text(o.Content, keys...) }
