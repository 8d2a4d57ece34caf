package policyfile

import (
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/tailscale/hujson"
)

// decoder reads the file's values into a Policy and reports values of the wrong type.
// Without a place to note where values stand it spells no paths, and what it reports
// says that there is something to report and no more.
type decoder struct {
	file *File
	list diag.List
	at   map[string]int
}

// field and index are the paths of what stands below one.
func (d *decoder) field(path, name string) string {
	if d.at == nil {
		return ""
	}
	return diag.Field(path, name)
}

func (d *decoder) index(path string, i int) string {
	if d.at == nil {
		return ""
	}
	return diag.Index(path, i)
}

func (d *decoder) note(path string, offset int) {
	if d.at != nil {
		d.at[path] = offset
	}
}

// knownSections are the names that a policy file may have (Tailscale, "Syntax
// reference for the tailnet policy file").
func knownSections() []string { return facts.Control(schema.ControlTailscale).Sections.Value }

func (d *decoder) policy() *acl.Policy {
	p := &acl.Policy{}
	for name, v := range d.members("", &d.file.root) {
		path := d.canonical("", name, knownSections())
		p.SectionNames = append(p.SectionNames, name)
		switch strings.ToLower(name) {
		case "tagowners":
			p.TagOwners = d.assignments(path, v)
		case "groups":
			p.Groups = d.assignments(path, v)
		case "hosts":
			p.Hosts = d.hosts(path, v)
		case "autoapprovers":
			d.autoApprovers(p, path, v)
		case "grants":
			p.HasRules = true
			p.Grants = each(d, path, v, d.grant)
		case "acls":
			p.HasRules = true
			p.ACLs = each(d, path, v, d.acl)
		case "nodeattrs":
			p.NodeAttrs = each(d, path, v, d.nodeAttr)
		case "tests":
			p.Tests = each(d, path, v, d.test)
		case "ipsets":
			p.IPSets = d.assignments(path, v)
		case "postures":
			p.Postures = d.assignments(path, v)
		case "defaultsrcposture":
			p.DefaultSrcPosture = d.strings(path, v)
		case "ssh":
			p.SSH = each(d, path, v, d.ssh)
		case "sshtests":
			p.SSHTests = each(d, path, v, d.sshTest)
		case "randomizeclientport":
			p.RandomizeClientPort = d.boolean(path, v)
		default:
			d.unknown(path, name)
		}
	}
	return p
}

// canonical is the path by which findings know a member: the service does not mind
// the case of names, and old files write "ACLs".
func (d *decoder) canonical(parent, name string, known []string) string {
	if d.at == nil {
		return ""
	}
	path := diag.Field(parent, name)
	for _, k := range known {
		if strings.EqualFold(name, k) {
			d.at[diag.Field(parent, k)] = d.at[path]
			return diag.Field(parent, k)
		}
	}
	return path
}

// modern is today's name of a field that older files call otherwise.
func modern(name string) string {
	switch strings.ToLower(name) {
	case "users", "user":
		return "src"
	case "ports":
		return "dst"
	case "allow":
		return "accept"
	}
	return name
}

func (d *decoder) unknown(path, name string) {
	for _, known := range knownSections() {
		if strings.EqualFold(name, known) {
			return
		}
	}
	d.list.Warnf(CodeSection, path, "kustomize-hybrid does not know the section %q, and leaves it alone", name).
		Fix("correct the name if it is misspelt; the documented sections are %s", strings.Join(knownSections(), ", "))
}

func (d *decoder) autoApprovers(p *acl.Policy, path string, v *hujson.Value) {
	for name, v := range d.members(path, v) {
		sub := d.field(path, name)
		switch strings.ToLower(name) {
		case "routes":
			p.Routes = d.assignments(sub, v)
		case "exitnode":
			p.ExitNode = d.strings(sub, v)
		case "services":
		default:
			d.list.Warnf(CodeSection, sub, "kustomize-hybrid does not know that autoApprovers approve %q, and leaves it alone", name).
				Fix("correct the name if it is misspelt: routes, exitNode and services are documented")
		}
	}
}

func (d *decoder) grant(path string, v *hujson.Value) acl.Grant {
	var g acl.Grant
	for name, v := range d.members(path, v) {
		sub := d.field(path, name)
		switch strings.ToLower(name) {
		case "src":
			g.Src = d.strings(sub, v)
		case "dst":
			g.Dst = d.strings(sub, v)
		case "ip":
			g.IP = d.strings(sub, v)
		case "via":
			g.Via = d.strings(sub, v)
		case "srcposture":
			g.SrcPosture = d.strings(sub, v)
		case "app":
			for capability := range d.members(sub, v) {
				g.App = append(g.App, capability)
			}
		default:
			d.strange(sub, "grant", name, "src, dst, ip, app, via and srcPosture")
		}
	}
	return g
}

func (d *decoder) acl(path string, v *hujson.Value) acl.ACL {
	var a acl.ACL
	for name, v := range d.members(path, v) {
		sub := d.canonical(path, modern(name), []string{"action", "proto", "src", "dst"})
		switch strings.ToLower(name) {
		case "action":
			a.Action = d.text(sub, v)
		case "proto":
			a.Proto = d.text(sub, v)
		case "src", "users": // users and ports are the older names
			a.Src = d.strings(sub, v)
		case "dst", "ports":
			a.Dst = d.strings(sub, v)
		case "srcposture":
			a.SrcPosture = d.strings(sub, v)
		default:
			d.strange(sub, "access rule", name, "action, proto, src, dst and srcPosture")
		}
	}
	return a
}

// strange reports a field of a rule that the program does not know: it may narrow what the
// rule allows.
func (d *decoder) strange(path, rule, name, documented string) {
	d.list.Warnf(CodeRule, path, "kustomize-hybrid does not know the field %q of this %s, and judges the rule without it", name, rule).
		Fix("correct the name if it is misspelt: %s are documented", documented)
}

func (d *decoder) ssh(path string, v *hujson.Value) acl.SSH {
	var s acl.SSH
	for name, v := range d.members(path, v) {
		sub := d.field(path, name)
		switch strings.ToLower(name) {
		case "action":
			s.Action = d.text(sub, v)
		case "src":
			s.Src = d.strings(sub, v)
		case "dst":
			s.Dst = d.strings(sub, v)
		case "users":
			s.Users = d.strings(sub, v)
		case "checkperiod":
			s.CheckPeriod = d.text(sub, v)
		case "acceptenv":
			s.AcceptEnv = d.strings(sub, v)
		}
	}
	return s
}

func (d *decoder) sshTest(path string, v *hujson.Value) acl.SSHTest {
	var t acl.SSHTest
	for name, v := range d.members(path, v) {
		sub := d.field(path, name)
		switch strings.ToLower(name) {
		case "src":
			t.Src = d.text(sub, v)
		case "dst":
			t.Dst = d.strings(sub, v)
		case "accept":
			t.Accept = d.strings(sub, v)
		case "deny":
			t.Deny = d.strings(sub, v)
		case "check":
			t.Check = d.strings(sub, v)
		}
	}
	return t
}

func (d *decoder) nodeAttr(path string, v *hujson.Value) acl.NodeAttr {
	var n acl.NodeAttr
	for name, v := range d.members(path, v) {
		sub := d.field(path, name)
		switch strings.ToLower(name) {
		case "target":
			n.Target = d.strings(sub, v)
		case "attr":
			n.Attr = d.strings(sub, v)
		case "ippool":
			n.IPPool = d.strings(sub, v)
		}
	}
	return n
}

func (d *decoder) test(path string, v *hujson.Value) acl.Test {
	var t acl.Test
	for name, v := range d.members(path, v) {
		sub := d.canonical(path, modern(name), []string{"src", "proto", "accept", "deny"})
		switch strings.ToLower(name) {
		case "src", "user":
			t.Src = d.text(sub, v)
		case "proto":
			t.Proto = d.text(sub, v)
		case "accept", "allow":
			t.Accept = d.strings(sub, v)
		case "deny":
			t.Deny = d.strings(sub, v)
		}
	}
	return t
}

func (d *decoder) assignments(path string, v *hujson.Value) []acl.Assignment {
	list := slices.Grow([]acl.Assignment(nil), count(v))
	for name, v := range d.members(path, v) {
		list = append(list, acl.Assignment{Key: name, Values: d.strings(d.field(path, name), v)})
	}
	return list
}

func (d *decoder) hosts(path string, v *hujson.Value) []acl.Host {
	list := slices.Grow([]acl.Host(nil), count(v))
	for name, v := range d.members(path, v) {
		list = append(list, acl.Host{Name: name, Address: d.text(d.field(path, name), v)})
	}
	return list
}
