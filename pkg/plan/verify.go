package plan

// Where the output tree has the objects that ask whether the regions reach each other, and
// where they run: a namespace of their own, so that they are taken away as a whole.
const (
	VerifyPath      = "cluster/verify"
	VerifyNamespace = "kustomize-hybrid-verify"
)
