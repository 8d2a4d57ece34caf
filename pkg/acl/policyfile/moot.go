package policyfile

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
)

// moot reports rules that another rule makes superfluous: rules only add, so what is
// allowed twice is allowed once, and a narrow rule beside a wide one restricts
// nothing. Each wide rule is reported once, with the narrower ones.
func (l *linter) moot() {
	for _, r := range l.rules.In(eval.Approvable(l.policy)).Redundant() {
		l.reportMoot(r.Wide, r.Narrow)
	}
}

func (l *linter) reportMoot(by string, narrower []string) {
	const few = 3
	more := ""
	if n := len(narrower) - few; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	allow := "allow"
	if len(narrower) == 1 {
		allow = "allows"
	}
	shown := narrower[:min(few, len(narrower))]
	d := l.list.Warnf(CodeMoot, by, "%s allows everything that %s%s %s", by, strings.Join(shown, ", "), more, allow).
		Fix("delete the narrower rules, or narrow %s if they should restrict something", by)
	for _, path := range shown {
		d.See(path, "%s adds nothing", path)
	}
}
