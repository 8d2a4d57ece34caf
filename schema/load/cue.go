package load

import "github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"

func parseCUE(files []file) (source, diag.List) {
	var list diag.List
	list.Errorf(NotCUE, "", "%s: topologies in CUE are not read yet", files[0].name).Fix("write the topology in YAML")
	return source{}, list
}
