#!/usr/bin/env bash
# The hooks of .pre-commit-hooks.yaml under the real pre-commit, in a scratch repository: those that
# are built with Go, out of a clone of this commit, and those that take the program from PATH. Each
# passes where all is well, and stops a commit where it is not. Wants pre-commit, and bin on PATH.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
fail() {
	echo "precommit: $*" >&2
	exit 1
}
PATH=$PWD/bin:$PATH
export PATH PRE_COMMIT_HOME=$work/home
# What this Go has built and downloaded serves the hook's environment, too: it needs no network.
GOMODCACHE=$(go env GOMODCACHE) GOCACHE=$(go env GOCACHE) GOFLAGS="${GOFLAGS:-} -mod=mod"
export GOMODCACHE GOCACHE GOFLAGS
export GIT_AUTHOR_NAME=x GIT_AUTHOR_EMAIL=x@example.com GIT_COMMITTER_NAME=x GIT_COMMITTER_EMAIL=x@example.com

git clone -q . "$work/hooks"
rev=$(git -C "$work/hooks" rev-parse HEAD)
mkdir "$work/user"
kustomize-hybrid examples regional-gateway >"$work/user/cluster.yaml"
cd "$work/user"
git init -q -b main
kustomize-hybrid render cluster.yaml -o rendered >/dev/null
echo '{}' >policy.hujson
kustomize-hybrid acl merge cluster.yaml --into policy.hujson --write
printf '{\n  // not for us\n  "compilerOptions": {}\n}\n' >tsconfig.json
printf 'apiVersion: kueue.x-k8s.io/v1beta1\nkind: Topology\nmetadata: {name: racks}\n' >topology.yaml
printf '{{ .Values.x }}\n' >template.yaml

# hooks SUFFIX writes the configuration with hooks of that kind.
hooks() {
	cat >.pre-commit-config.yaml <<END
repos:
  - repo: $work/hooks
    rev: $rev
    hooks:
      - {id: kustomize-hybrid-validate$1, args: [--strict]}
      - {id: kustomize-hybrid-render$1, args: [cluster.yaml, --output=rendered]}
      - {id: kustomize-hybrid-acl$1, args: [cluster.yaml, --policy=policy.hujson]}
END
	git add -A
}

# passes and stops NAME ID TEXT run all hooks.
passes() {
	pre-commit run --all-files >"$work/out" 2>&1 || fail "$1: $(cat "$work/out")"
	echo "  $1: all hooks pass"
}
stops() {
	git add -A
	if pre-commit run --all-files >"$work/out" 2>&1; then fail "$1: nothing stops it"; fi
	grep -q -- "- hook id: $2\$" "$work/out" || fail "$1: $2 does not stop it: $(cat "$work/out")"
	grep -q -- "$3" "$work/out" || fail "$1: nobody says '$3': $(cat "$work/out")"
	echo "  $1: $2 stops it"
}

for kind in -system ''; do
	echo "== hooks kustomize-hybrid-*$kind"
	hooks "$kind"
	passes 'all is well'
	sed 's/10.142.0.0\/20/10.0.2.0\/23/' cluster.yaml >second.yaml
	stops 'an overlap in a file of any name' "kustomize-hybrid-validate$kind" '^second.yaml:[0-9:]*: error: .*\[cidr-overlap\]'
	rm second.yaml
	echo '# edited' >>rendered/STEPS.md
	stops 'a rendered file that somebody edited' "kustomize-hybrid-render$kind" '^rendered/STEPS.md: changed'
	kustomize-hybrid render cluster.yaml -o rendered >/dev/null 2>&1
	cp policy.hujson "$work/policy"
	echo '{}' >policy.hujson
	stops 'a policy that lets nobody meet' "kustomize-hybrid-acl$kind" 'policy.hujson'
	cp "$work/policy" policy.hujson
	passes 'all is well again'
done
echo "precommit: $(pre-commit --version)"
