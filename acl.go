package hybrid

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/eval"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/acl/policyfile"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/suppress"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/validate"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// PolicyFile is a policy file that people edit.
type PolicyFile struct {
	// Name stands in positions.
	Name string
	// Data is JSON or HuJSON.
	Data []byte
}

// ACLFormats are the forms in which ACLPrint has the policy.
func ACLFormats() []string { return []string{"json", "hujson"} }

// ACLPrint returns the tailnet policy that the topology needs: strict JSON, or HuJSON
// with a comment on what each grant is for. It is nil where a finding is an error, such as
// an owner that only a file into which it is merged can define.
func ACLPrint(in Input, format string, o Options) ([]byte, diag.List, error) {
	doc, list, err := policyTopology(in, o)
	if doc == nil {
		return nil, list, err
	}
	alone := suppress.Left(doc.Topology.Spec.Suppressions, acl.CheckAlone(doc.Topology), o.Today)
	doc.Locate(alone)
	if list = append(list, o.judge(alone)...); refused(list) {
		return nil, list, nil
	}
	switch format {
	case "json":
		return acl.FromTopology(doc.Topology).JSON(), list, nil
	case "hujson":
		return policyfile.FromTopology(doc.Topology), list, nil
	}
	return nil, list, fmt.Errorf("there is no policy in the form %q", format)
}

// ACLMerge returns the policy file with what the topology needs merged into it. What is
// added stands between marks, and nothing else changes. Where the file itself says
// something else, that is a finding. The text is nil where a finding is an error.
func ACLMerge(in Input, policy PolicyFile, o Options) ([]byte, diag.List, error) {
	return editPolicy(in, policy, o, func(doc *load.Document, file *policyfile.File) ([]byte, diag.List) {
		return policyfile.Merge(doc.Topology, file)
	})
}

// ACLNarrow is ACLMerge for a file whose own rules allow the regions what the topology
// denies, as the policy of a new tailnet does. Such rules lose what is behind gateways from
// their sources; ACLRemove gives them back as they were.
func ACLNarrow(in Input, policy PolicyFile, o Options) ([]byte, diag.List, error) {
	return editPolicy(in, policy, o, func(doc *load.Document, file *policyfile.File) ([]byte, diag.List) {
		return policyfile.Narrow(doc.Topology, file)
	})
}

// ACLRemove returns the policy file without what ACLMerge added for the topology.
func ACLRemove(in Input, policy PolicyFile, o Options) ([]byte, diag.List, error) {
	return editPolicy(in, policy, o, func(doc *load.Document, file *policyfile.File) ([]byte, diag.List) {
		return policyfile.Remove(doc.Topology.Metadata.Name, file)
	})
}

func editPolicy(in Input, policy PolicyFile, o Options, change func(*load.Document, *policyfile.File) ([]byte, diag.List)) ([]byte, diag.List, error) {
	doc, list, err := policyTopology(in, o)
	if doc == nil {
		return nil, list, err
	}
	file, found := policyfile.Parse(policy.Name, policy.Data)
	if list = append(list, found...); refused(list) {
		return nil, list, nil
	}
	text, found := change(unexpired(doc, o.Today), file)
	doc.Locate(found)
	if list = append(list, found...); refused(list) {
		return nil, list, nil
	}
	return text, list, nil
}

// unexpired is the document without suppressions that have expired.
func unexpired(doc *load.Document, day string) *load.Document {
	t, copied := *doc.Topology, *doc
	t.Spec.Suppressions = suppress.Unexpired(t.Spec.Suppressions, day)
	copied.Topology = &t
	return &copied
}

// ACLCheck lists what is wrong with the policy file, and with it for the topology: what
// the regions need and nothing grants, and what is granted although nothing needs it.
func ACLCheck(in Input, policy PolicyFile, o Options) (diag.List, error) {
	doc, list, err := policyTopology(in, o)
	if doc == nil {
		return list, err
	}
	file, found := policyfile.Parse(policy.Name, policy.Data)
	if file != nil {
		found = append(found, policyfile.Check(doc.Topology, file)...)
		found.Sort()
	}
	return append(list, o.judge(acceptPolicy(doc, found, o))...), nil
}

// acceptPolicy drops findings about a policy file that the topology accepts, and says which
// suppressions of such findings accept nothing: this run makes all of them.
func acceptPolicy(doc *load.Document, found diag.List, o Options) diag.List {
	suppressions := doc.Topology.Spec.Suppressions
	kept, used := suppress.Accept(suppressions, found, o.Today)
	_, others := suppress.Accept(suppressions, acl.CheckTopology(doc.Topology), o.Today)
	for i := range used {
		used[i] = used[i] || others[i]
	}
	ours := policyCodes()
	judged := suppress.Judge(suppressions, used, o.Today, func(code string) bool { return slices.Contains(ours, diag.Code(code)) })
	doc.Locate(judged)
	return append(kept, judged...)
}

// policyCodes are the codes of findings about a policy file.
func policyCodes() []diag.Code {
	return slices.Concat(acl.Codes(), eval.Codes(), policyfile.Codes())
}

// Answer is what a policy file says to a question.
type Answer struct {
	Question string
	Allowed  bool
	// Undecided reports whether the answer depends on what the control server alone knows.
	Undecided bool
	// Why names the rule that allows it, or may, and where that stands.
	Why string
}

// QuestionError is a question that ACLAsk cannot read.
type QuestionError struct {
	Question string
	Err      error
}

func (e *QuestionError) Error() string { return fmt.Sprintf("%q: %s", e.Question, e.Err) }

// Unwrap returns what is wrong with the question.
func (e *QuestionError) Unwrap() error { return e.Err }

// ACLAsk asks the policy file whether a source may reach a destination. A question is
// "SRC -> DST:PORT", with /tcp, /udp or /icmp behind it for one protocol; what cannot be
// read as one is a QuestionError, and the answers to those before it are returned, too.
func ACLAsk(in Input, policy PolicyFile, questions []string, o Options) ([]Answer, diag.List, error) {
	doc, list, err := policyTopology(in, o)
	if doc == nil {
		return nil, list, err
	}
	file, found := policyfile.Parse(policy.Name, policy.Data)
	if list = append(list, found...); refused(list) {
		return nil, list, nil
	}
	evaluator := eval.NewIn(eval.Known(doc.Topology), file.Policy)
	var answers []Answer
	for _, q := range questions {
		a, err := ask(evaluator, q)
		if err != nil {
			return answers, list, err
		}
		answers = append(answers, Answer{q, a.Allowed, a.Undecided != "", why(a, file)})
	}
	return answers, list, nil
}

func ask(e *eval.Evaluator, question string) (eval.Answer, error) {
	src, dst, ok := strings.Cut(question, "->")
	src, dst = strings.TrimSpace(src), strings.TrimSpace(dst)
	if !ok || src == "" || dst == "" {
		return eval.Answer{}, &QuestionError{question, errors.New("a question has the form SRC -> DST:PORT")}
	}
	proto := ""
	// A prefix has a slash as well, but then the port stands behind it.
	if i := strings.LastIndexByte(dst, '/'); i >= 0 && !strings.Contains(dst[i:], ":") {
		dst, proto = dst[:i], dst[i+1:]
	}
	answer, err := e.Ask(src, dst, proto)
	if err != nil {
		return answer, &QuestionError{question, err}
	}
	return answer, nil
}

// why says which rule allows it and where the rule stands.
func why(a eval.Answer, file *policyfile.File) string {
	at := diag.List{{Path: a.Rule}}
	file.Locate(at)
	switch {
	case a.Undecided != "" && a.Rule == "":
		return "undecided: the file has no rules, and without rules everything is allowed; but it depends on " + a.Undecided
	case a.Undecided != "":
		return fmt.Sprintf("undecided: %s at %s may allow it, which depends on %s", a.Rule, at[0].Pos, a.Undecided)
	case !a.Allowed:
		return "denied: no rule allows it"
	case a.Rule == "":
		return "allowed: the file has no rules, and without rules everything is allowed"
	}
	text := fmt.Sprintf("allowed by %s at %s", a.Rule, at[0].Pos)
	if len(a.Via) > 0 {
		text += " through " + strings.Join(a.Via, " or ")
	}
	return text
}

// policyTopology is the one topology, for the control server of the options, and what is
// to be said of it: every finding and no document where one is an error; the
// warnings that concern the policy otherwise, since the others are Validate's.
func policyTopology(in Input, o Options) (*load.Document, diag.List, error) {
	doc, err := in.one()
	if err != nil {
		return nil, nil, err
	}
	if o.Control != "" && doc.Topology != nil {
		t, copied := *doc.Topology, *doc
		t.Spec.Tailnet.Control = o.Control
		copied.Topology = &t
		doc = &copied
	}
	o.Strict = false // ACLCheck is strict with the policy file
	found, _ := check(doc, in, o)
	if o.Control != "" { // whoever asks for another server need not say where it is
		found = slices.DeleteFunc(found, func(d *diag.Diagnostic) bool {
			return d.Code == validate.CodeControlURL && d.Path == "spec.tailnet.control"
		})
	}
	if list := o.judge(found); refused(list) {
		return nil, list, nil
	}
	list := suppress.Left(doc.Topology.Spec.Suppressions, acl.CheckTopology(doc.Topology), o.Today)
	doc.Locate(list)
	list.Sort()
	return doc, o.judge(list), nil
}
