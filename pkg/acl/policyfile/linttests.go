package policyfile

import (
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// tests reports assertions that the service refuses, and with them the whole file:
// it wants one source, and destinations of one address and one port (headscale
// 0.29.2, testdata policytest_results).
func (l *linter) tests() {
	for i, t := range l.policy.Tests {
		path := diag.Index("tests", i)
		l.testSource(path+".src", t.Src)
		l.testProtocol(path+".proto", t.Proto)
		if len(t.Accept)+len(t.Deny) == 0 {
			l.list.Errorf(CodeTestForm, path, "the test asserts nothing").Fix("add accept or deny")
		}
		for j, dst := range t.Accept {
			l.testTarget(diag.Index(path+".accept", j), dst, t.Proto)
		}
		for j, dst := range t.Deny {
			l.testTarget(diag.Index(path+".deny", j), dst, t.Proto)
		}
	}
}

// testProtocol: TCP and UDP are recorded; of ICMP, which people do assert, the recording
// refuses a wildcard port as well (headscale 0.29.2, testdata policytest-proto-icmp), so it
// does not tell.
func (l *linter) testProtocol(path, proto string) {
	numbers, err := acl.ParseProtocol(proto)
	switch {
	case err != nil:
		l.list.Errorf(CodeTestForm, path, "%s", err).Fix("use tcp or udp")
	case len(numbers) == 0 || numbers[0] == 6 || numbers[0] == 17:
	case l.server.Autogroups.IsKnown() && proto == "sctp":
	case l.server.Autogroups.IsKnown():
		l.list.Errorf(acl.CodeUnsupported, path, "%s has no tests of protocol %s", l.server.Title, proto).Fix("use tcp, udp or sctp")
	default:
		l.list.Warnf(CodeTestForm, path, "it is not known whether the control server runs a test of protocol %s", proto).Fix("use tcp or udp")
	}
}

func (l *linter) testSource(path, src string) {
	if src == "" {
		l.list.Errorf(CodeTestForm, path, "the test has no source").Fix("name one user, group, tag or host")
		return
	}
	s, ok := l.name(path, src)
	switch {
	case ok && s.Kind == eval.KindPrefix && !s.Prefix.IsSingleIP():
		l.list.Errorf(CodeTestForm, path, "the source %s is %s, and a test needs a single address", src, s.Prefix).
			Fix("define an alias of one address and name that")
	case ok && s.Kind == eval.KindGroup && len(l.scope.Members(s.Name)) == 0:
		l.list.Errorf(CodeTestForm, path, "the source %s is an empty group", src).Fix("name somebody")
	}
}

func (l *linter) testTarget(path, target, proto string) {
	host, port, ok := acl.SplitTarget(target)
	if !ok {
		l.list.Errorf(CodeTestForm, path, "%q is not a destination and a port", target).Fix("write one address and one port, such as 10.0.0.5:6443")
		return
	}
	numbers, _ := acl.ParseProtocol(proto)
	portless := port == "0" && len(numbers) > 0 && !acl.HasPorts(numbers[0]) // as people write it
	if _, ok := acl.ParsePort(port); !ok && !portless {
		l.list.Errorf(CodeTestForm, path, "%q: a test names a single port, and %q is not one", target, port).Fix("write one assertion for each port")
	}
	s, ok := l.name(path, host)
	if !ok {
		return
	}
	// A prefix of one address is refused as well, when it is written as a prefix.
	literal := s.Kind == eval.KindPrefix && strings.Contains(host, "/") && !l.scope.IsAlias(host)
	if s.Kind == eval.KindPrefix && (literal || !s.Prefix.IsSingleIP()) || s.Kind == eval.KindAny || s.Kind == eval.KindInternet {
		l.list.Errorf(CodeTestForm, path, "%q: a test names a single address, and %q is not one", target, host).
			Fix("name one address, an alias of one address, a tag or a user")
	}
}
