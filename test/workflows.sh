#!/usr/bin/env bash
# Every GitHub workflow under actionlint, and its commands under shellcheck: our own, those that people
# copy as files or out of pages, and the one that `init` writes. Wants bin/actionlint and shellcheck.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v shellcheck >/dev/null || {
	echo 'workflows: shellcheck is missing: apt-get install shellcheck' >&2
	exit 1
}
work=bin/workflows
rm -rf "$work"
mkdir -p "$work"
bin/kustomize-hybrid init "$work/init" --region cloud=gcp,gateway=edge-1@10.0.0.11 --region gpu=bare-metal,gateway=gpu-1@10.143.0.11 >/dev/null

# A page's workflow is a block of YAML with jobs. Blank lines stand for what is above it, so that a
# finding names the line of the page.
pages=$(git ls-files '*.md' | xargs grep -l '^jobs:$')
for page in $pages; do
	awk -v to="$work/${page//\//+}" '
		/^```yaml$/ { file = to "@" NR; text = ""; for (i = 0; i < NR; i++) text = text "\n"; inside = 1; next }
		/^```$/     { if (inside && text ~ /\njobs:\n/) printf "%s", text >file; inside = 0; next }
		inside      { text = text $0 "\n" }' "$page"
done

mapfile -t ours < <(git ls-files '*.yaml' '*.yml' | xargs grep -l '^jobs:$' | grep -v '^pkg/draft/') # what init writes is made of that
mapfile -t copied < <(grep -rl '^jobs:$' "$work")
[ ${#copied[@]} -gt "$(wc -w <<<"$pages")" ] || {
	echo "workflows: init and the pages $pages have no more than ${copied[*]}" >&2
	exit 1
}
bin/actionlint "${ours[@]}" "${copied[@]}"
echo "workflows: $(bin/actionlint -version | head -1) finds nothing in ${#ours[@]} files, in $(wc -w <<<"$pages") pages and in what init writes"
