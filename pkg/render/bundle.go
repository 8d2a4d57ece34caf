package render

// Bundle is everything a topology renders to.
type Bundle struct {
	// Objects go to the API server, in the order in which they can be applied.
	Objects []Object
	// Files go to hosts and to the tailnet, sorted by path. A static Pod is a file,
	// never an object: applied to the cluster it would be an ordinary Pod.
	Files []File
}

// Object is one Kubernetes object and the concern it belongs to, which names its
// file: cluster/<concern>.yaml.
type Object struct {
	Concern string
	YAML    []byte
}

// File is one file of the output tree.
type File struct {
	// Path is relative to the tree, with forward slashes.
	Path string
	// Executable says that the file is a script.
	Executable bool
	Data       []byte
}
