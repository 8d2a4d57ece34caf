package facts

import "github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"

// Docker is what a daemon left to itself uses; GPU hosts often have one. Its first bridge
// exists from the start, the others only once networks are created.
func Docker() Component {
	const source, since = "moby daemon/libnetwork/ipamutils/utils.go", "read 2026-11"
	const more = "Docker takes for the networks that users create"
	return Component{
		Title: "Docker",
		Ranges: fact.Ranges(
			fact.Keep("172.17.0.0/16", fact.Warning, fact.Everybody, "is Docker's own bridge on every host that runs Docker with its defaults, so such a host never routes it to a gateway", source, since),
			fact.Keep("172.18.0.0/16", fact.Info, fact.Everybody, more, source, since),
			fact.Keep("172.19.0.0/16", fact.Info, fact.Everybody, more, source, since),
			fact.Keep("172.20.0.0/14", fact.Info, fact.Everybody, more, source, since),
			fact.Keep("172.24.0.0/14", fact.Info, fact.Everybody, more, source, since),
			fact.Keep("172.28.0.0/14", fact.Info, fact.Everybody, more, source, since),
			fact.Keep("192.168.0.0/16", fact.Info, fact.Everybody, more, source, since),
		),
		Marks: fact.Unknown[[]fact.Mark]("it marks packets of a swarm's overlay only, which is nobody's cluster network"),
	}
}
