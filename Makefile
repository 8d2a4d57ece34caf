# The logic is in `go test` and in the scripts beside it; these are the names people type.
GO ?= go
EXAMPLE ?= regional-gateway
OUT ?= out
NESTED = bench tools tools/vuln test/cloud test/crds test/metrics test/reports test/talos test/editors test/lab test/lab/pinned test/lab/newest test/cluster test/cluster/kubernetes test/cluster/newest test/cluster/coredns test/mutate test/gitops test/gitops/flux test/release

.PHONY: build lean run test newcomer precommit editors golden site tutorial tutorial-programs page netns hostforms lab lab-programs lab-removals lab-phases lab-captures lab-throughput cluster cluster-programs schemas cloud check lint tidy licences vulncheck shellcheck workflows e2e apiserver sops flux gitops image container container-test one-hash release-test release-check release-snapshot kill callers cover mutate fuzz hostile bench bench-peers bench-ratios bench-programs bench-scale clean

# Without cgo nothing is linked at start.
build:
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/kustomize-hybrid ./cmd/kustomize-hybrid

# The same program without CUE's evaluator and kustomize's builder, for functions and hooks:
# it starts in half the time.
lean:
	CGO_ENABLED=0 $(GO) build -trimpath -tags lean -o bin/lean/kustomize-hybrid ./cmd/kustomize-hybrid

# The main job on the built-in example.
run: build
	bin/kustomize-hybrid render examples/$(EXAMPLE)/topology.yaml -o $(OUT)

test:
	$(GO) test ./...

# Somebody new, on a fresh clone: the README's first command, and the steps and the bundle of each
# host of each example.
newcomer:
	test/newcomer.sh

# What others make of the contract: the real cue publishes its module into a registry and vets a fleet
# that imports it; ajv in strict mode takes the JSON Schema, with its defaults and examples: node 20, npm.
editors:
	cd test/editors && $(GO) vet ./... && $(GO) test -count=1 ./...
	cd test/editors && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error && node check.mjs

# The hooks under the real pre-commit, in a scratch repository: built with Go, and from PATH.
precommit: build
	test/precommit.sh

# Rewrites every golden file and scripted conversation; read the diff.
golden:
	UPDATE_GOLDEN=1 $(GO) test ./...

# What people see: the page and the pictures of 2, 12 and 40 regions in a browser, by axe, in
# Mermaid and in Graphviz: node 20, npm, chromium, graphviz. Screenshots stay in bin/page.
page:
	cd test/page && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	$(GO) test -tags page -count=1 -v ./test/page

# The host programs on this kernel, in network namespaces: root, iproute2, nft, iptables,
# ethtool.
# NETNS_FLAGS may skip some.
netns:
	$(GO) test -tags netns -count=1 -timeout 40m -run 'Address|Apart|Setup|Routes|Watch' $(NETNS_FLAGS) ./pkg/render/host/program

# Units, networkd and netplan files and user data, read and run by the programs that
# they are for: root, systemd, netplan.io, cloud-init, iproute2, dash, busybox.
hostforms:
	$(GO) test -tags hostforms -count=1 -timeout 10m -run 'Systemd|CloudInit|Netplan|Networkd|Container|Dispatcher' ./pkg/render/host

# Two regions on real packets, with the real tailscaled: root, and what netns needs.
# The programs and the runner are built once, into .lab. LAB_FLAGS choose: .lab/lab -h.
lab: lab-programs
	cd test/lab && $(GO) build -o ../../.lab/lab .
	.lab/lab -programs .lab $(LAB_FLAGS)

# What `reach` answers against packets, in every topology of the lab: as it stands, and with
# each rendered rule, route, line of a chain, advertised route, grant, approval and cloud
# route removed in turn. LAB_FLAGS choose, as for lab.
lab-removals: lab-programs
	cd test/lab && $(GO) build -o ../../.lab/lab .
	.lab/lab -programs .lab -removals $(LAB_FLAGS)

# What capture.sh writes down of the lab as it stands, and broken in one way after the other: the
# test data of pkg/doctor. Then `make golden`, and read what doctor says of it.
lab-captures: .lab/v1.84.3/tailscaled
	cd test/lab && $(GO) build -o ../../.lab/lab .
	.lab/lab -programs .lab -captures pkg/doctor/testdata/captures.tar.gz $(LAB_FLAGS)

# What `plan` says against packets: the phases of each kind of change are carried out while
# packets flow, and the longest silence is within what it said. About 20 minutes.
lab-phases: lab-programs
	cd test/lab && $(GO) build -o ../../.lab/lab .
	.lab/lab -programs .lab -phases $(LAB_FLAGS)

# What the way from pod to pod costs beside the tunnel alone; wants a quiet machine.
lab-throughput: lab-programs
	cd test/lab && $(GO) build -o ../../.lab/lab .
	.lab/lab -programs .lab -throughput 5

# What docs/tutorial.md says, command by command, on real packets: root, as lab. The page is what
# runs, and what it shows is what has to be printed.
tutorial: tutorial-programs
	$(GO) run ./test/tutorial

tutorial-programs: build .lab/v1.84.3/tailscaled
	cd test/lab && $(GO) build -o ../../.lab/lab .

# The pages as a site, in bin/site: mkdocs and mkdocs-material. A link that leads nowhere fails.
site:
	mkdocs build --strict --quiet --site-dir bin/site

LAB_PROGRAMS = tailscale.com/cmd/tailscaled tailscale.com/cmd/tailscale tailscale.com/cmd/containerboot

lab-programs: .lab/v1.84.3/tailscaled .lab/v1.102.3/tailscaled

.lab/v1.84.3/tailscaled: test/lab/pinned/go.sum
	mkdir -p $(@D) && cd test/lab/pinned && $(GO) build -trimpath -o ../../../$(@D)/ $(LAB_PROGRAMS)

.lab/v1.102.3/tailscaled: test/lab/newest/go.sum
	mkdir -p $(@D) && cd test/lab/newest && $(GO) build -trimpath -o ../../../$(@D)/ $(LAB_PROGRAMS)

# A real cluster of kubeadm's, joined by the commands of STEPS.md: root, systemd, containerd,
# runc, CNI's plugins, ping, and what the lab needs. CLUSTER_FLAGS choose: .lab/cluster -h.
cluster: build lab-programs cluster-programs
	cd test/lab && $(GO) build -o ../../.lab/lab .
	cd test/cluster && CGO_ENABLED=0 $(GO) build -trimpath -o ../../.lab/cluster .
	.lab/cluster -programs .lab $(CLUSTER_FLAGS)

# What others wrote and a test only asks need not be fast: without inlining and debug information the
# compiler needs two thirds of the time.
QUICK = -gcflags='all=-l -dwarf=false'
KUBERNETES = v1.33.1
KUBERNETES_FLAGS = -s -w -X k8s.io/component-base/version.gitVersion=$(KUBERNETES) -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=33

cluster-programs: .lab/kubernetes .lab/newest .lab/coredns

.lab/kubernetes: test/cluster/kubernetes/go.sum test/cluster/kubernetes/main.go
	mkdir -p $(@D) && cd test/cluster/kubernetes && CGO_ENABLED=0 $(GO) build -trimpath $(QUICK) -ldflags '$(KUBERNETES_FLAGS)' -o ../../../$@ .

NEWEST_FLAGS = -s -w -X k8s.io/component-base/version.gitVersion=v1.37.2 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37

.lab/newest: test/cluster/newest/go.sum test/cluster/newest/main.go
	mkdir -p $(@D) && cd test/cluster/newest && CGO_ENABLED=0 $(GO) build -trimpath $(QUICK) -ldflags '$(NEWEST_FLAGS)' -o ../../../$@ .

.lab/coredns: test/cluster/coredns/go.sum
	mkdir -p $(@D) && cd test/cluster/coredns && CGO_ENABLED=0 $(GO) build -trimpath $(QUICK) -ldflags '-s -w' -o ../../../$@ .

# Outputs against the schemas of others: the CRDs of Cilium and Calico, SARIF's, Talos's machinery,
# Prometheus' parser and engine. Modules of their own, so that a user of the library never sees what they import.
schemas:
	cd test/crds && $(GO) vet ./... && $(GO) test -count=1 ./...
	cd test/reports && $(GO) vet ./... && $(GO) test -count=1 ./...
	cd test/talos && $(GO) vet ./... && $(GO) test -count=1 ./...
	cd test/metrics && $(GO) vet ./... && $(GO) test -count=1 ./...

# What is rendered for clouds: the scripts against stand-ins for aws, gcloud, az, hcloud, openstack and
# aliyun, the Terraform modules by Terraform's own parser. A module of its own, too.
cloud:
	cd test/cloud && $(GO) vet ./... && $(GO) test -count=1 ./...

# What is rendered under Flux's own substitution. A module of its own, too.
flux: build
	cd test/gitops/flux && $(GO) vet ./... && $(GO) test -count=1 ./...

# The same, and what people copy for Argo CD and kpt, by their own code: it takes long to build, so
# that CI leaves it out.
gitops: flux
	cd test/gitops && $(GO) vet ./... && $(GO) test -count=1 ./...

# What the image is made of, and the image: the static program and a user, without a network.
IMAGE ?= ghcr.io/kustomize-hybrid/kustomize-hybrid:latest
image:
	mkdir -p bin/image
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w' -o bin/image/kustomize-hybrid ./cmd/kustomize-hybrid
	cp container/Dockerfile container/passwd bin/image/

container: image
	docker build --network none -t $(IMAGE) bin/image

# The image as a function, a hook, a step and a sidecar, on a Docker engine of the test's own:
# root, docker, dockerd.
container-test: image
	cd tools && $(GO) build -o ../bin/kustomize sigs.k8s.io/kustomize/kustomize/v5
	KUSTOMIZE=$(CURDIR)/bin/kustomize $(GO) test -count=1 -tags container -run '^TestContainer$$' ./test/container

# Every way from a topology to its objects, by its own tool, makes the same ones: a table of hashes for
# each example. What container-test needs, and the code of Argo CD and kpt.
one-hash: image
	cd tools && $(GO) build -o ../bin/kustomize sigs.k8s.io/kustomize/kustomize/v5
	cd test/gitops && $(GO) build $(QUICK) -o ../../bin/ways ./ways
	KUSTOMIZE=$(CURDIR)/bin/kustomize WAYS=$(CURDIR)/bin/ways $(GO) test -count=1 -v -timeout 30m -tags container -run '^TestOneHash$$' ./test/container

# A release without GoReleaser: two builds, `go install`, the manifests.
release-test:
	cd test/release && $(GO) vet ./... && $(GO) test -count=1 -timeout 30m ./...

# GoReleaser itself links the clients of many clouds: it takes long to build. Its module is not among
# NESTED: tidying wants the tests of all that it links, and not every proxy has those.
.lab/goreleaser: tools/release/go.sum
	mkdir -p $(@D) && cd tools/release && $(GO) build $(QUICK) -o ../../$@ github.com/goreleaser/goreleaser/v2

release-check: .lab/goreleaser
	.lab/goreleaser check

# A release up to its publication: GoReleaser reads its file and makes two snapshots of the commit. They
# are the same bytes, and the deb comes and goes: dpkg. TARGET=linux/amd64 makes that one alone.
TARGET ?=
release-snapshot: release-check
	release/snapshot.sh .lab/goreleaser bin/snapshot $(TARGET)
	cd test/release && $(GO) vet -tags snapshot ./... && SNAPSHOT=$(CURDIR)/bin/snapshot $(GO) test -count=1 -v -tags snapshot -run Snapshot .

check: lint tidy licences shellcheck workflows

lint:
	@out=$$(gofmt -l .); if [ -n "$$out" ]; then echo "gofmt would change: $$out"; exit 1; fi
	$(GO) vet ./...
	$(GO) vet -tags lean . ./cmd/kustomize-hybrid
	$(GO) vet -tags e2e ./test/... ./pkg/emit
	$(GO) vet -tags apiserver ./test/apiserver
	$(GO) vet -tags container ./test/container
	$(GO) vet -tags scale ./test/scale
	$(GO) vet -tags page ./test/page
	$(GO) vet -tags hostile ./cmd/kustomize-hybrid
	$(GO) vet -tags hostforms ./pkg/render/host
	$(GO) vet -tags netns ./pkg/render/host/program
	cd tools && $(GO) build -o ../bin/staticcheck honnef.co/go/tools/cmd/staticcheck
	bin/staticcheck ./...

tidy:
	$(GO) mod tidy -diff
	@for dir in $(NESTED); do echo "$$dir: go mod tidy -diff"; (cd $$dir && $(GO) mod tidy -diff) || exit 1; done

# What the program links, and that all of it may be passed on: docs/licences.md.
licences:
	$(GO) test -count=1 ./test/licences

# Known vulnerabilities that the program can reach, by the reports that tools/vuln pins. Those
# of Go itself are what a release must be built with: this Go, or a newer one.
VULNCHECK_GO = go1.26.10
vulncheck:
	cd tools/vuln && $(GO) build -o ../../bin/ golang.org/x/vuln/cmd/govulncheck golang.org/x/vulndb/cmd/indexdb
	rm -rf bin/vulndb
	bin/indexdb -vulns "$$(cd tools/vuln && $(GO) list -m -f '{{.Dir}}' golang.org/x/vulndb)/data/osv" -out bin/vulndb
	GOTOOLCHAIN=$(VULNCHECK_GO) bin/govulncheck -db file://$(CURDIR)/bin/vulndb ./...

# Our own scripts, and those that the examples render to.
shellcheck: build
	@command -v shellcheck >/dev/null || { echo "shellcheck is missing: apt-get install shellcheck"; exit 1; }
	shellcheck .ci/run test/*.sh release/*.sh
	@rm -rf bin/examples
	@for dir in examples/*/; do bin/kustomize-hybrid render $${dir}topology.yaml -o bin/$$dir || exit 1; done
	shellcheck --external-sources --source-path=SCRIPTDIR $$(find bin/examples -name '*.sh' | sort)

# Workflows of GitHub: ours, those that people copy, those on pages, and what `init` writes: shellcheck.
workflows: build
	cd tools && $(GO) build -o ../bin/actionlint github.com/rhysd/actionlint/cmd/actionlint
	test/workflows.sh

# The real kustomize binary over overlays and rendered trees. Needs root (it mounts a
# small disk to fill it up).
e2e: build
	cd tools && $(GO) build -o ../bin/kustomize sigs.k8s.io/kustomize/kustomize/v5
	KUSTOMIZE=$(CURDIR)/bin/kustomize $(GO) test -count=1 -tags e2e ./test/e2e

# A real kube-apiserver, and etcd, as plain processes on this host's loopback: they take the Components
# of overlays/components, strictly, and refuse wrong ones: openssl. It builds Kubernetes.
apiserver: build .lab/kubernetes
	cd tools && $(GO) build -o ../bin/kustomize sigs.k8s.io/kustomize/kustomize/v5
	KUBERNETES=$(CURDIR)/.lab/kubernetes $(GO) test -count=1 -v -tags apiserver ./test/apiserver

# The SOPS Component with the real sops and a key of age's. It links the clients of many clouds and
# takes long to build, so that CI leaves it out.
SOPS_BIN = $(CURDIR)/.lab/sops-bin
$(SOPS_BIN)/sops:
	GOBIN=$(SOPS_BIN) $(GO) install github.com/getsops/sops/v3/cmd/sops@v3.13.3
	GOBIN=$(SOPS_BIN) $(GO) install filippo.io/age/cmd/age-keygen@v1.3.1

sops: build $(SOPS_BIN)/sops
	cd tools && $(GO) build -o ../bin/kustomize sigs.k8s.io/kustomize/kustomize/v5
	SOPS=$(SOPS_BIN)/sops AGE_KEYGEN=$(SOPS_BIN)/age-keygen KUSTOMIZE=$(CURDIR)/bin/kustomize sh test/sops.sh

# Renders that are killed at each call that changes the disk, and at any time, and two at once:
# strace. It takes three minutes, so that CI leaves it out.
kill:
	$(GO) test -count=1 -v -tags e2e -run 'Killed|AtOnce' ./pkg/emit

# What `make test` shows of several callers at once and of topologies that share a policy, often
# enough to be sure: it takes some minutes, so that CI leaves it out.
callers:
	$(GO) test -count=1 -v -timeout 30m -run Callers ./cmd/kustomize-hybrid -rounds 500
	$(GO) test -count=1 -v -timeout 30m -run ComeAndGo ./pkg/acl/policyfile -pairs 1000

# The share of statements that `make test` runs, by package.
cover:
	GO=$(GO) sh test/cover.sh

# Small changes of the code, and whether a test notices each: the score of the packages that judge
# a topology, a policy and the edits of one, and the changes that nobody notices. A sample, such as
# -every 20 -near -quick, takes minutes a package; how long all of it takes nobody has measured.
# MUTATE_FLAGS choose: bin/mutate -h.
mutate:
	cd test/mutate && $(GO) vet ./... && $(GO) test ./... && $(GO) build -o ../../bin/mutate .
	bin/mutate $(MUTATE_FLAGS)

# Hostile values in every field of the contract, drawn with a seed: what is refused, and whether what
# is rendered can be read. HOSTILE_FLAGS choose: -inputs 20000 -seed 1 -rendered 400.
hostile:
	$(GO) test -count=1 -v -timeout 60m -tags hostile -run '^TestHostile$$' ./cmd/kustomize-hybrid $(HOSTILE_FLAGS)

# Each fuzz target for FUZZTIME.
FUZZTIME ?= 10s
fuzz:
	GO=$(GO) FUZZTIME=$(FUZZTIME) sh test/fuzz.sh

bench:
	$(GO) test -run '^$$' -bench . -benchmem ./...

# The program beside the floors and the peers that it is judged by, in one run: a table, and an
# exit code that says whether the targets hold. It takes ten minutes and a quiet machine; a C
# compiler. Numbers of docs/performance.md come from it. bench-ratios is what a minute shows,
# ratios alone, and fails where one is half as good as its target: for a machine with other work.
bench-peers: bench-programs
	cd bench && ../bin/bench/bench

bench-ratios: bench-programs
	cd bench && ../bin/bench/bench -ratios

PEERS = helm.sh/helm/v3/cmd/helm github.com/google/go-jsonnet/cmd/jsonnet cuelang.org/go/cmd/cue

bench-programs: build lean
	cd tools && $(GO) build -o ../bin/kustomize sigs.k8s.io/kustomize/kustomize/v5
	cd bench && CGO_ENABLED=0 $(GO) build -trimpath -o ../bin/bench/ . ./empty $(PEERS)
	cc -O2 -static -o bin/bench/print bench/c/print.c
	cc -O2 -static -o bin/bench/peak bench/c/peak.c

# What a fleet costs as it grows, the tables of docs/performance.md: rendering it (no root
# needed: SCALE_FLAGS=-forward=), and forwarding on one of its gateways, in network
# namespaces: root, iproute2, nft, iptables, unshare.
bench-scale: build
	$(GO) build -trimpath -tags scale -o bin/scale ./test/scale
	bin/scale $(SCALE_FLAGS)

clean:
	rm -rf bin out
