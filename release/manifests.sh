#!/bin/sh
# Krew's manifest and Homebrew's formula of a release, from the checksums of its archives.
#
#   release/manifests.sh VERSION SHA256SUMS DIR     VERSION without the v
set -eu
version=$1 sums=$2 dir=$3
base=https://github.com/kustomize-hybrid/kustomize-hybrid/releases/download/v$version

archive() { # archive OS ARCH
	case $1 in windows) echo "kustomize-hybrid_${version}_$1_$2.zip" ;; *) echo "kustomize-hybrid_${version}_$1_$2.tar.gz" ;; esac
}

sum() { # sum FILE
	s=$(awk -v f="$1" '$2 == f { print $1 }' "$sums")
	[ "${#s}" -eq 64 ] || {
		echo "manifests.sh: $sums has no checksum of $1" >&2
		exit 1
	}
	echo "$s"
}

platform() { # platform OS ARCH
	file=$(archive "$1" "$2")
	sha=$(sum "$file")
	case $1 in windows) bin=kustomize-hybrid.exe ;; *) bin=kustomize-hybrid ;; esac
	cat <<-END
	  - selector: {matchLabels: {os: $1, arch: $2}}
	    uri: $base/$file
	    sha256: $sha
	    bin: $bin
	END
}

mkdir -p "$dir"
{
	cat <<-END
	apiVersion: krew.googlecontainertools.github.com/v1alpha2
	kind: Plugin
	metadata: {name: hybrid}
	spec:
	  version: v$version
	  homepage: https://github.com/kustomize-hybrid/kustomize-hybrid
	  shortDescription: Join regions into one cluster over Tailscale
	  description: |
	    Checks a topology of several networks that are to be one cluster, and renders what
	    joins them over Tailscale subnet routers: gateways, routes, the tailnet policy,
	    settings of the network plugin. It asks no cluster and needs no network.
	  platforms:
	END
	for os in darwin linux windows; do
		for arch in amd64 arm64; do platform "$os" "$arch"; done
	done
} >"$dir/hybrid.yaml"

formula() { # formula OS ARCH
	file=$(archive "$1" "$2")
	sha=$(sum "$file")
	printf '      url "%s"\n      sha256 "%s"\n' "$base/$file" "$sha"
}

{
	cat <<-END
	class KustomizeHybrid < Formula
	  desc "Join regions into one Kubernetes cluster over Tailscale subnet routers"
	  homepage "https://github.com/kustomize-hybrid/kustomize-hybrid"
	  version "$version"
	  license "Apache-2.0"
	END
	for os in darwin linux; do
		case $os in darwin) block=on_macos ;; *) block=on_linux ;; esac
		printf '\n  %s do\n    on_arm do\n' "$block"
		formula "$os" arm64
		printf '    end\n    on_intel do\n'
		formula "$os" amd64
		printf '    end\n  end\n'
	done
	cat <<-'END'

	  def install
	    bin.install "kustomize-hybrid"
	    man1.install "kustomize-hybrid.1"
	    bash_completion.install "kustomize-hybrid.bash" => "kustomize-hybrid"
	    zsh_completion.install "kustomize-hybrid.zsh" => "_kustomize-hybrid"
	    fish_completion.install "kustomize-hybrid.fish"
	  end

	  test do
	    assert_match version.to_s, shell_output("#{bin}/kustomize-hybrid version")
	  end
	end
	END
} >"$dir/kustomize-hybrid.rb"
