package policyfile

import (
	"slices"
	"strings"
	"time"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// maxCheckPeriod is the longest that a login may last (headscale 0.29.2, testdata
// ssh-malformed-checkperiod-exact-max and ssh-malformed-checkperiod-over-max-by-1s).
const maxCheckPeriod = 168 * time.Hour

// ssh reports what the service refuses in rules for SSH (headscale 0.29.2, testdata
// ssh_results). It does not mind blanks around names.
func (l *linter) ssh() {
	for i, s := range l.policy.SSH {
		path := diag.Index("ssh", i)
		action := strings.TrimSpace(s.Action)
		if action != "accept" && action != "check" {
			l.list.Errorf(CodeRule, path+".action", "%q is not an action of SSH", s.Action).Fix("write accept or check; what no rule accepts is denied")
		}
		if len(s.Users) == 0 {
			l.list.Errorf(CodeRule, path+".users", "the rule does not say as which users").Fix("name users, or autogroup:nonroot")
		}
		for j, user := range s.Users {
			if user = strings.TrimSpace(user); user == "" || user == "*" || user == "localpart:*@*" {
				l.list.Errorf(CodeRule, diag.Index(path+".users", j), "%q is not a user of a host", user).Fix("name users, or autogroup:nonroot")
			}
		}
		for j, name := range s.AcceptEnv {
			if name == "" {
				l.list.Errorf(CodeRule, diag.Index(path+".acceptEnv", j), "a variable without a name").Fix("name it, or leave it out")
			}
		}
		l.checkPeriod(path+".checkPeriod", action, s.CheckPeriod)
		l.names(path+".src", trimmed(s.Src))
		l.sshTargets(path, s)
	}
}

func (l *linter) sshTargets(path string, s acl.SSH) {
	dst := trimmed(s.Dst)
	l.names(path+".dst", dst)
	for j, name := range dst {
		if l.scope.IsAlias(name) {
			l.list.Errorf(CodeRule, diag.Index(path+".dst", j), "the control server takes no aliases as destinations of SSH, and %s is one of hosts", name).Fix("name a tag, a user or autogroup:self")
		}
	}
	tagged := slices.ContainsFunc(s.Src, func(name string) bool {
		return strings.HasPrefix(strings.TrimSpace(name), "tag:") || strings.TrimSpace(name) == "autogroup:tagged"
	})
	for j, name := range dst {
		owned := strings.Contains(name, "@") || name == "autogroup:self" || name == "autogroup:member"
		if tagged && owned {
			d := l.list.Warnf(CodeRule, diag.Index(path+".dst", j), "tagged devices cannot log in to users' devices, and %s stands for some", name).Fix("name tags as destinations")
			if l.server.Autogroups.IsKnown() { // headscale 0.29.2, types.go, validateSSHSrcDstCombination
				d.Severity = diag.Error
			}
		}
	}
}

func (l *linter) checkPeriod(path, action, period string) {
	if period == "" || period == "always" {
		return
	}
	d, err := time.ParseDuration(period)
	switch {
	case err != nil:
		l.list.Errorf(CodeRule, path, "%q is not a duration", period).Fix("write 12h, 30m or always")
	case d < 0 || d > maxCheckPeriod:
		l.list.Errorf(CodeRule, path, "%s is not between 0 and %s", period, maxCheckPeriod).Fix("write 12h, 30m or always")
	case action != "check" && l.server.Autogroups.IsKnown():
		l.list.Errorf(acl.CodeUnsupported, path, "%s takes checkPeriod with action check only", l.server.Title).Fix("write \"action\": \"check\", or leave checkPeriod out")
	}
}

// sshTests reports assertions that the service refuses (headscale 0.29.2, testdata
// sshtest_results).
func (l *linter) sshTests() {
	for i, t := range l.policy.SSHTests {
		path := diag.Index("sshTests", i)
		if t.Src == "" {
			l.list.Errorf(CodeTestForm, path, "the test has no source").Fix("name one user, group, tag or host")
		} else {
			l.name(path+".src", t.Src)
		}
		if len(t.Dst) == 0 {
			l.list.Errorf(CodeTestForm, path, "the test has no destination").Fix("name a tag, a user or an address")
		}
		for j, name := range t.Dst {
			s, ok := l.name(diag.Index(path+".dst", j), name)
			if ok && (s.Kind == eval.KindPrefix && !s.Prefix.IsSingleIP() || s.Kind == eval.KindInternet) {
				l.list.Errorf(CodeTestForm, diag.Index(path+".dst", j), "%s is not a device", name).Fix("name a tag, a user or one address")
			}
		}
		users := slices.Concat(t.Accept, t.Deny, t.Check)
		if len(users) == 0 || slices.Contains(users, "") {
			l.list.Errorf(CodeTestForm, path, "the test does not say as which users").Fix("name them in accept, deny or check")
		}
	}
}

// trimmed is the names without blanks around them.
func trimmed(names []string) []string {
	var list []string
	for _, name := range names {
		list = append(list, strings.TrimSpace(name))
	}
	return list
}
