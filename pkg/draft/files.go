package draft

import (
	"bytes"
	"embed"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

//go:embed files
var files embed.FS

// TopologyPath is the file that holds the topology.
const TopologyPath = "topology.yaml"

// Files are what stands beside a topology: its schema for editors, what kustomize builds, and
// what checks it before a commit and in CI, by the program's revision, a tag or a branch. The last
// two are for the root of a repository.
func Files(revision string) ([]tree.File, error) {
	list := []tree.File{{Path: SchemaPath, Data: schema.JSONSchema()}}
	for _, f := range [][2]string{
		{"kustomization.yaml", "kustomization.yaml"},
		{"transform.yaml", "transform.yaml"},
		{"pre-commit-config.yaml", ".pre-commit-config.yaml"},
		{"workflow.yaml", ".github/workflows/topology.yaml"},
	} {
		data, err := files.ReadFile("files/" + f[0])
		if err != nil {
			return nil, err
		}
		list = append(list, tree.File{Path: f[1], Data: bytes.ReplaceAll(data, []byte("{rev}"), []byte(revision))})
	}
	return list, nil
}
