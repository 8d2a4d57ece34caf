#!/bin/sh
# The SOPS Component with the real sops and a key of age's that is made here: the command of the
# Component encrypts the value and nothing that kustomize has to read, and what a build prints of it
# decrypts to what was written. Wants SOPS and AGE_KEYGEN, the programs, and KUSTOMIZE.
set -eu
: "${SOPS:?}" "${AGE_KEYGEN:?}" "${KUSTOMIZE:?}"
root=$(cd "$(dirname "$0")/.." && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp -R "$root/overlays/components" "$dir"
cd "$dir"
"$AGE_KEYGEN" -o key.txt 2>/dev/null
sed "s/age1yourpublickey/$("$AGE_KEYGEN" -y key.txt)/" "$root/overlays/components/sops/.sops.yaml" >components/sops/.sops.yaml
sed 's/authkey: .*/authkey: a value to hide/' "$root/overlays/components/sops/auth-key.yaml" >components/sops/auth-key.yaml
# The line that people copy, with the program's path.
# shellcheck disable=SC2016 # eval expands it
command=$(sed -n 's/^#   sops /"$SOPS" /p' "$root/overlays/components/sops/kustomization.yaml")
[ -n "$command" ] || {
	echo "the Component names no command"
	exit 1
}
eval "$command"
if grep -q 'a value to hide' components/sops/auth-key.yaml; then
	echo "the value is there in clear"
	exit 1
fi
grep -q '^    name: tailscale-auth$' components/sops/auth-key.yaml
"$root/bin/kustomize-hybrid" render "$root/examples/regional-gateway/topology.yaml" -o rendered >/dev/null
printf 'resources: [rendered]\ncomponents: [components/sops]\n' >kustomization.yaml
"$KUSTOMIZE" build . | awk '
	$0 == "---" { flush() ; next }
	{ text = text $0 "\n"; auth = auth || $0 == "  name: tailscale-auth"; secret = secret || $0 == "kind: Secret" }
	END { flush() }
	function flush() { if (auth && secret) printf "%s", text; text = ""; auth = secret = 0 }' >built.yaml
export SOPS_AGE_KEY_FILE=key.txt
for file in components/sops/auth-key.yaml built.yaml; do
	"$SOPS" decrypt --extract '["stringData"]["authkey"]' "$file" >value
	[ "$(cat value)" = 'a value to hide' ] || {
		echo "$file decrypts to another value"
		exit 1
	}
done
unset SOPS_AGE_KEY_FILE
if "$SOPS" decrypt built.yaml >/dev/null 2>&1; then
	echo "it decrypts without the key"
	exit 1
fi
echo "sops: encrypted, built and decrypted"
