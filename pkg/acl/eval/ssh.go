package eval

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// RunSSHTests runs the policy's assertions about who may log in as whom, as RunTests does
// those about packets. A rule for SSH needs no other rule (headscale 0.29.2, testdata
// sshtest-mixed-acls-tcp22-deny-ssh-rule-allow).
func (e *Evaluator) RunSSHTests() diag.List {
	r := runner{e: e}
	for i, t := range e.policy.SSHTests {
		path := diag.Index("sshTests", i)
		r.logins(path+".accept", t, t.Accept, "log in", func(l truth, _ truth) truth { return l })
		r.logins(path+".deny", t, t.Deny, "not log in", func(l truth, _ truth) truth { return l.not() })
		r.logins(path+".check", t, t.Check, "log in with a check", func(_ truth, checked truth) truth { return checked })
	}
	return append(r.list, r.undecided()...)
}

// logins runs one list of an assertion: for each destination and user, what judge makes of
// whether a login is possible, and whether it is with a check, has to hold.
func (r *runner) logins(path string, t acl.SSHTest, users []string, must string, judge func(login, checked truth) truth) {
	for i, user := range users {
		for _, dst := range t.Dst {
			login, checked, rule, ok := r.e.login(t.Src, dst, user)
			if !ok {
				continue // policyfile.Lint says which name means nothing
			}
			what := fmt.Sprintf("%s must %s to %s as %s", r.e.scope.named(t.Src), must, r.e.scope.named(dst), user)
			switch holds := judge(login, checked); holds.verdict {
			case maybe:
				r.depends(openAssertion{on: holds.on, path: diag.Index(path, i), what: what, rule: rule})
			case no:
				d := r.list.Errorf(CodeTestFailed, diag.Index(path, i), "%s, and the rules say otherwise", what).Fix("change a rule of ssh, or delete the assertion")
				if rule != "" {
					d.See(rule, "this rule lets the source log in")
				}
			}
		}
	}
}

// login answers whether the source may log in to the destination as the user, and whether
// it may with a check, and names the first rule by which it may.
func (e *Evaluator) login(src, dst, user string) (login, checked truth, rule string, ok bool) {
	from, errFrom := e.scope.Selector(strings.TrimSpace(src))
	to, errTo := e.scope.Selector(strings.TrimSpace(dst))
	if errFrom != nil || errTo != nil {
		return truth{}, truth{}, "", false
	}
	login, checked = sure(true), sure(true)
	for _, s := range e.scope.principals(from) {
		for _, d := range e.scope.principals(to) {
			one, with, by := e.loginOf(s, d, user)
			login, checked = login.and(one), checked.and(with)
			if rule == "" {
				rule = by
			}
		}
	}
	return login, checked, rule, true
}

func (e *Evaluator) loginOf(from, to Selector, user string) (login, checked truth, rule string) {
	for i, s := range e.policy.SSH {
		r := compiled{src: e.known(s.Src), dst: e.known(s.Dst)}
		t := e.joins(r, from, to).and(userOf(s.Users, from, user))
		if t.verdict != no && rule == "" {
			rule = diag.Index("ssh", i)
		}
		login = login.or(t)
		if strings.TrimSpace(s.Action) == "check" {
			checked = checked.or(t)
		}
	}
	return login, checked, rule
}

// known are the selectors of names that mean something.
func (e *Evaluator) known(names []string) []Selector {
	var list []Selector
	for _, name := range names {
		if s, err := e.scope.Selector(strings.TrimSpace(name)); err == nil {
			list = append(list, s)
		}
	}
	return list
}

// userOf answers whether a rule's users hold the user of a host.
func userOf(users []string, from Selector, user string) truth {
	t := truth{}
	for _, u := range users {
		u = strings.TrimSpace(u)
		domain, local := strings.CutPrefix(u, "localpart:*@")
		switch {
		case u == user, u == "autogroup:nonroot" && user != "root":
			return sure(true)
		case local && from.Kind == KindUser:
			name, at, _ := strings.Cut(from.Name, "@")
			t = t.or(sure(name == user && strings.EqualFold(at, domain)))
		case local:
			t = t.or(depends("who of " + domain + " sends from " + from.where()))
		}
	}
	return t
}
