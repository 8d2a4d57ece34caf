#!/usr/bin/env bash
# What somebody new does with the program in hand: answers questions, has the topology checked and
# rendered, and reads the steps. Prints how long that took, which is to be under five seconds; a busy
# machine does not fail it. The program is the first argument, bin/kustomize-hybrid when left out.
set -euo pipefail
cd "$(dirname "$0")/.."

program=$(realpath "${1:-bin/kustomize-hybrid}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
ln -s "$program" kustomize-hybrid
PATH=$work:$PATH

# took SINCE prints the milliseconds since then.
took() { echo $(($(date +%s%N) / 1000000 - $1)); }
begin=$(took 0)
step() {
	local since
	since=$(took 0)
	"$@" >out 2>err || {
		cat out err >&2
		exit 1
	}
	printf '%6d ms  %s\n' "$(took "$since")" "${*/#$work\//}"
}

step kustomize-hybrid init . --ask <<'END'
ai-cluster
kubeadm
cilium
1.33.1
gcp-us
gcp
10.0.0.0/22

edge-1@10.0.0.11
gpu-dc
bare-metal
10.143.0.0/24

gpu-1@10.143.0.11

END
step kustomize-hybrid validate --strict topology.yaml
step kustomize-hybrid render topology.yaml -o rendered
step kustomize-hybrid steps topology.yaml
[ -s rendered/STEPS.md ] && [ -s out ]
printf 'path: %d ms from the first question to the steps\n' "$(took "$begin")"
