package reach_test

import (
	"fmt"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/reach"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

func Example() {
	in, err := load.Files("../../examples/node-routes/topology.yaml")
	if err != nil {
		panic(err)
	}
	topology := in.Documents[0].Topology
	files := reach.Files{}
	for f, err := range render.Files(plan.New(topology), nil) {
		if err != nil {
			panic(err)
		}
		files[f.Path] = string(f.Data)
	}
	w, err := reach.New(topology, files, reach.Machines(topology))
	if err != nil {
		panic(err)
	}
	from, _ := w.Find("pod@dc")
	to, _ := w.Find("gpu-1")
	answer := w.Ask(reach.Question{From: from, To: to, Port: 10250})
	fmt.Println(answer.Verdict, "by", answer.Ways, "ways")
	if _, err := w.Lose("dc-1", "dc-2"); err != nil {
		panic(err)
	}
	answer = w.Ask(reach.Question{From: from, To: to, Port: 10250})
	fmt.Println(answer.Verdict, "because", answer.Why)
	// Output:
	// reachable by 2 ways
	// not reachable because the router of region "dc" has no route to 10.24.0.11
}
