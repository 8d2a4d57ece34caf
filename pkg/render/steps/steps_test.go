package steps_test

import (
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/steps"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema/load"
)

// topologies are the examples and the samples, by name.
func topologies(t *testing.T) map[string]*schema.Topology {
	t.Helper()
	all := sample.Cases()
	files, err := filepath.Glob("../../../examples/*/topology.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples: %v", err)
	}
	for _, file := range files {
		in, err := load.Files(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := in.One()
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(filepath.Dir(file))] = doc.Topology
	}
	return all
}

// inTree finds what a command takes from the rendered tree.
var inTree = regexp.MustCompile(`(?:^|[ @/]{1}|://)((?:cluster|cloud|regions|leaving|placement|tailnet|cni)/[A-Za-z0-9._/-]+)`)

// A command names files that are there, and is one that a shell can read.
func TestCommandsFitTheTree(t *testing.T) {
	all := topologies(t)
	for name, topology := range topologies(t) {
		for i := range topology.Spec.Regions {
			all[name+" without "+topology.Spec.Regions[i].Name] = withLeaving(topology, i)
		}
	}
	for name, topology := range all {
		t.Run(name, func(t *testing.T) {
			p := plan.New(topology)
			files, err := render.Tree(p)
			if err != nil {
				t.Fatal(err)
			}
			there := map[string]bool{}
			for _, f := range files {
				there[f.Path] = true
				there[path.Dir(f.Path)] = true // what kubectl apply -k takes
			}
			for _, s := range steps.List(p) {
				lines := slices.Concat(s.Run, []string{s.Works}, s.Undo)
				for _, line := range lines {
					for _, found := range inTree.FindAllStringSubmatch(line, -1) {
						if !there[found[1]] {
							t.Errorf("%s: %q names %s, which the tree does not have", s.Title, line, found[1])
						}
					}
				}
				sh := exec.Command("sh", "-n")
				sh.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
				if out, err := sh.CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", s.Title, err, out)
				}
			}
		})
	}
}

// The order is what makes it work: what is needed is there before.
func TestOrder(t *testing.T) {
	p := plan.New(topologies(t)["regional-gateway"])
	var titles []string
	for _, s := range steps.List(p) {
		if slices.Contains(titles, s.Title) {
			t.Errorf("two steps are called %q", s.Title)
		}
		titles = append(titles, s.Title)
	}
	want := []string{
		"Put the policy in force", "Make a key with tag:k8s-gpu-dc, for gpu-1", "Make the namespace", "Give the DaemonSets their key",
		"Label the nodes that are there already", "Apply everything else", "Give the network of region gcp-us its routes",
		"Give gpu-1 its key", "Install gateway gpu-1", "Bring up the tunnel of gpu-1 before it joins", "Join gpu-1", "Ask gateway gpu-1", "Take a region away",
	}
	at := -1
	for _, title := range want {
		i := slices.Index(titles, title)
		if i <= at {
			t.Errorf("step %q is number %d, after number %d: %q", title, i, at, titles)
		}
		at = i
	}
}

func TestFilter(t *testing.T) {
	p := plan.New(topologies(t)["regional-gateway"])
	whole := string(steps.Markdown(p, steps.Filter{}))
	for _, c := range []struct {
		filter   steps.Filter
		has, not []string
	}{
		{steps.Filter{Host: "gpu-1"}, []string{"Install gateway gpu-1", "Join gpu-1"}, []string{"kubectl apply -k", "Put the policy in force"}},
		{steps.Filter{Phase: steps.Cluster}, []string{"kubectl apply -k"}, []string{"Install gateway gpu-1"}},
	} {
		text := string(steps.Markdown(p, c.filter))
		for _, word := range c.has {
			if !strings.Contains(text, word) {
				t.Errorf("%+v leaves out %q", c.filter, word)
			}
		}
		for _, word := range c.not {
			if strings.Contains(text, word) {
				t.Errorf("%+v keeps %q", c.filter, word)
			}
		}
		// A step keeps its number, so that people can speak of it.
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "### ") && !strings.Contains(whole, line) {
				t.Errorf("%+v renumbers: %q", c.filter, line)
			}
		}
	}
}

// Whoever runs no kubeadm is told nothing about it.
func TestJoinByDistribution(t *testing.T) {
	for _, c := range []struct {
		distribution schema.Distribution
		has, not     string
	}{
		{schema.DistributionKubeadm, "kubeadm join 10.0.0.5:6443 --node-name gpu-1", "rancher"},
		{schema.DistributionK3s, "server: https://10.0.0.5:6443", "kubeadm join"},
		{schema.DistributionRKE2, "server: https://10.0.0.5:9345", "kubeadm join"},
		{schema.DistributionTalos, "talosctl patch machineconfig --nodes 10.143.0.11", "kubeadm join"},
		{schema.DistributionOther, "", "kubeadm join"},
	} {
		topology := topologies(t)["regional-gateway"]
		topology.Spec.Cluster.Distribution = c.distribution
		text := string(steps.Markdown(plan.New(topology), steps.Filter{}))
		if !strings.Contains(text, c.has) || strings.Contains(text, c.not) {
			t.Errorf("%s: want %q and not %q", c.distribution, c.has, c.not)
		}
	}
}

// nodeConfig has the fields of a NodeConfig that we write (aws/eks-hybrid v1.0.20,
// api/v1alpha1/nodeconfig_types.go), which nodeadm decodes strictly, too
// (internal/api/bridge/decode.go: DecodeStrictNodeConfig).
type nodeConfig struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Spec       struct {
		Cluster struct {
			Name   string `json:"name"`
			Region string `json:"region"`
		} `json:"cluster"`
		Hybrid struct {
			IAMRolesAnywhere *struct {
				NodeName       string `json:"nodeName"`
				TrustAnchorARN string `json:"trustAnchorArn"`
				ProfileARN     string `json:"profileArn"`
				RoleARN        string `json:"roleArn"`
			} `json:"iamRolesAnywhere"`
			SSM *struct {
				ActivationCode string `json:"activationCode"`
				ActivationID   string `json:"activationId"`
			} `json:"ssm"`
		} `json:"hybrid"`
		Kubelet struct {
			Config struct {
				StaticPodPath string `json:"staticPodPath"` // kubernetes v1.33.1, kubelet.config.k8s.io/v1beta1
			} `json:"config"`
			Flags []string `json:"flags"`
		} `json:"kubelet"`
	} `json:"spec"`
}

// nodeadm takes one of two credential providers, by the kind of the node's name.
func TestNodeConfigOfHybridNodes(t *testing.T) {
	topology := topologies(t)["eks-hybrid"]
	gateway := &topology.Spec.Regions[1].Gateways.Nodes[0]
	for name, ssm := range map[string]bool{"mi-0a1b2c3d4e5f60718": true, "gpu-1": false} {
		gateway.Name = name
		joined := 0
		for _, s := range steps.List(plan.New(topology)) {
			if s.Phase != steps.Join {
				continue
			}
			joined++
			script := strings.Join(s.Run, "\n")
			_, rest, _ := strings.Cut(script, "<<'END'\n")
			text, commands, ok := strings.Cut(rest, "\nEND\n")
			var c nodeConfig
			if err := yaml.UnmarshalStrict([]byte(text), &c); err != nil || !ok {
				t.Fatalf("%v:\n%s", err, script)
			}
			h := &c.Spec.Hybrid
			if c.APIVersion != "node.eks.aws/v1alpha1" || c.Kind != "NodeConfig" || c.Spec.Cluster.Name == "" || c.Spec.Cluster.Region == "" ||
				(h.SSM != nil) != ssm || (h.IAMRolesAnywhere != nil) == ssm {
				t.Errorf("%s: nodeadm refuses\n%s", name, text)
			}
			provider := "iam-ra"
			if ssm {
				provider = "ssm"
			}
			if want := "nodeadm install 1.34 --credential-provider " + provider + "\nnodeadm init -c file:///etc/eks/nodeConfig.yaml"; !strings.HasSuffix(commands, want) {
				t.Errorf("%s: %q, want %q", name, commands, want)
			}
			if s.On != name {
				continue
			}
			if want := []string{"--node-ip=10.143.0.11", "--node-labels=kustomize-hybrid.dev/gateway=true,kustomize-hybrid.dev/region=gpu-dc,topology.kubernetes.io/region=gpu-dc,topology.kubernetes.io/zone=gpu-dc"}; !slices.Equal(c.Spec.Kubelet.Flags, want) {
				t.Errorf("%s: flags %q, want %q", name, c.Spec.Kubelet.Flags, want)
			}
			if !ssm && h.IAMRolesAnywhere.NodeName != name {
				t.Errorf("%s joins as %s", name, h.IAMRolesAnywhere.NodeName)
			}
		}
		if joined != 2 {
			t.Errorf("%s: %d steps join", name, joined)
		}
	}
}

func TestNoKeyIsPrinted(t *testing.T) {
	for name, topology := range topologies(t) {
		if text := string(steps.Markdown(plan.New(topology), steps.Filter{})); strings.Contains(text, "tskey-") {
			t.Errorf("%s: something that looks like a key", name)
		}
	}
}

// TestKeys: how a key is made depends on its kind and on the control server, and nobody is
// told to make one that nobody reads.
func TestKeys(t *testing.T) {
	of := func(change func(*schema.Topology)) string {
		topology := sample.Published(t, change)
		var b strings.Builder
		for _, s := range steps.List(plan.New(topology)) {
			if s.Phase == steps.Tailnet && strings.HasPrefix(s.Title, "Make a key") {
				b.WriteString(s.Title + "\n" + s.Why + "\n" + strings.Join(s.Run, "\n") + "\n")
			}
		}
		return b.String()
	}
	for name, c := range map[string]struct {
		change   func(*schema.Topology)
		has, not []string
	}{
		"left out": {nil, []string{"Make a key with tag:k8s, for edge-1, edge-2, gpu-1", "Reusable, since", "not ephemeral", "tailscale lock sign KEY"}, []string{"one-off", "OAuth"}},
		"one-off on hosts": {func(t *schema.Topology) { t.Spec.Tailnet.Auth.HostKind = schema.KeyOneOff },
			[]string{"for edge-1, edge-2\n", "for gpu-1\nIn the console, Settings, Keys. One for each of them, and one-off", "Reusable, since"}, []string{"OAuth"}},
		"an OAuth client's secret in the Secret": {func(t *schema.Topology) { t.Spec.Tailnet.Auth.SecretKind = schema.KeyOAuthClient },
			[]string{"for edge-1, edge-2\nIn the console, Settings, OAuth clients: with the scope `auth_keys` and exactly these tags", "?ephemeral=false&preauthorized=true", "tailscale lock sign nodekey:", "for gpu-1\nIn the console, Settings, Keys. Reusable"}, []string{"one-off"}},
		"Headscale, reusable": {func(t *schema.Topology) { t.Spec.Tailnet.ControlURL = "https://headscale.example" },
			[]string{"headscale preauthkeys create --user USER --reusable --expiration 24h --tags tag:k8s\n"}, []string{"console"}},
		"Headscale, one-off": {func(t *schema.Topology) {
			t.Spec.Tailnet.ControlURL, t.Spec.Tailnet.Auth = "https://headscale.example", schema.Auth{SecretKind: schema.KeyOneOff, HostKind: schema.KeyOneOff}
		}, []string{"headscale preauthkeys create --user USER --expiration 24h --tags tag:k8s\n", "One for each of them"}, []string{"--reusable"}},
		"a workload identity": {func(t *schema.Topology) { t.Spec.Tailnet.Auth.WorkloadIdentity.ClientID = "T1example-k2example" },
			[]string{"for gpu-1\n"}, []string{"edge-1"}},
	} {
		text := of(c.change)
		for _, word := range c.has {
			if !strings.Contains(text, word) {
				t.Errorf("%s: %q is not in\n%s", name, word, text)
			}
		}
		for _, word := range c.not {
			if strings.Contains(text, word) {
				t.Errorf("%s: %q is in\n%s", name, word, text)
			}
		}
	}
}

// A command is recorded without what is one topology's own, and a here document is whole.
func TestNormalCommands(t *testing.T) {
	p := plan.New(topologies(t)["regional-gateway"])
	s := steps.Step{
		Run:  []string{"# region gpu-dc", "cat >/etc/x <<'END'", "a: 10.143.0.11", "END", "kubectl label node gpu-1 r=gpu-dc   # once"},
		Undo: []string{"rm gpu-10 10.0.0.5"},
	}
	var got []string
	for _, command := range s.Commands() {
		got = append(got, steps.Normal(p, command))
	}
	want := []string{"cat >/etc/x <<'END'; a: ADDRESS; END", "kubectl label node GATEWAY r=REGION", "rm gpu-10 SERVER"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// withLeaving is the topology with a region that leaves.
func withLeaving(t *schema.Topology, i int) *schema.Topology {
	changed := *t
	changed.Spec.Regions = slices.Delete(slices.Clone(t.Spec.Regions), i, i+1)
	changed.Spec.Leaving = []schema.Region{t.Spec.Regions[i]}
	return &changed
}

// What takes a region back: every command on its hosts that stands in a step of the whole
// topology as what undoes it, the last first; every object and cloud route of its own; and
// nothing of a region that stays.
func TestLeaving(t *testing.T) {
	for name, topology := range topologies(t) {
		for i := range topology.Spec.Regions {
			r := plan.New(topology).Regions[i]
			t.Run(name+"/"+r.Region.Name, func(t *testing.T) {
				var first []steps.Step
				for _, s := range steps.List(plan.New(withLeaving(topology, i))) {
					if s.Phase == steps.Leave {
						first = append(first, s)
					}
				}
				var run []string
				for _, s := range first {
					run = append(run, s.Run...)
				}
				text := strings.Join(run, "\n")
				for _, s := range steps.List(plan.New(topology)) {
					own := s.NodesOf == r.Region.Name || slices.Contains(r.GatewayNames(), s.On)
					for _, line := range s.Undo {
						if own && !strings.HasPrefix(line, "kubectl ") && !slices.Contains(run, line) {
							t.Errorf("%q of step %q is missing", line, s.Title)
						}
					}
				}
				for _, c := range []struct {
					is   bool
					want string
				}{
					{true, "kubectl drain -l kustomize-hybrid.dev/region=" + r.Region.Name + " "},
					{true, "kubectl delete node --ignore-not-found -l kustomize-hybrid.dev/region=" + r.Region.Name},
					{r.Region.Gateways.Mode == schema.ModeDaemonSet, "-f leaving/" + r.Region.Name + "/daemonsets.yaml"},
					{r.PluginObjects(), "-f leaving/" + r.Region.Name + "/cni.yaml"},
					{r.Cloud != nil, " remove leaving/" + r.Region.Name + "/cloud/tables"},
				} {
					if strings.Contains(text, c.want) != c.is {
						t.Errorf("%q: want %t in\n%s", c.want, c.is, text)
					}
				}
				for j := range topology.Spec.Regions {
					for _, n := range topology.Spec.Regions[j].Gateways.Nodes {
						for _, s := range first {
							if j != i && s.On == n.Name {
								t.Errorf("%q is about a region that stays", s.Title)
							}
						}
					}
				}
			})
		}
	}
}

// Where a cloud controller manager would delete a Node without a providerID, the node joins
// with one of nobody's scheme.
func TestJoinWithProviderID(t *testing.T) {
	for controller, want := range map[schema.CloudController]bool{"gcp": true, schema.CloudControllerNone: false} {
		for _, d := range []schema.Distribution{schema.DistributionKubeadm, schema.DistributionK3s, schema.DistributionRKE2} {
			topology := topologies(t)["regional-gateway"]
			topology.Spec.Cluster.CloudController, topology.Spec.Cluster.Distribution = controller, d
			text := string(steps.Markdown(plan.New(topology), steps.Filter{Phase: steps.Join}))
			if got := strings.Contains(text, "provider-id=hybrid://gpu-dc/gpu-1"); got != want {
				t.Errorf("%s with %s: a providerID is %t\n%s", d, controller, got, text)
			}
			if strings.Contains(text, "{providerID}") {
				t.Errorf("%s with %s: a word is left over", d, controller)
			}
		}
	}
}

// A DaemonSet's pod that kept its identity on its host leaves it there; in a Secret it is
// the API server's to delete.
func TestLeavingIdentity(t *testing.T) {
	for state, want := range map[schema.GatewayState]string{"host": "rm -rf /var/lib/kustomize-hybrid/tailscale", "secret": "delete secret --ignore-not-found tailscale-edge-1"} {
		topology := sample.Published(t, nil)
		topology.Spec.Regions[0].Gateways.State = state
		text := string(steps.Markdown(plan.New(withLeaving(topology, 0)), steps.Filter{Phase: steps.Leave}))
		if !strings.Contains(text, want) {
			t.Errorf("%s: %q is not in\n%s", state, want, text)
		}
	}
}
