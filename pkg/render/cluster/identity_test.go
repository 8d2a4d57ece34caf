package cluster_test

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/sample"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

func federated(t *schema.Topology) {
	t.Spec.Tailnet.TailscaleVersion = "1.98.3"
	t.Spec.Tailnet.Auth.WorkloadIdentity.ClientID = "T1exampleCNTRL-k2exampleCNTRL"
}

func volume(t *testing.T, spec *corev1.PodSpec, name string) corev1.Volume {
	t.Helper()
	for _, v := range spec.Volumes {
		if v.Name == name {
			return v
		}
	}
	t.Fatalf("no volume %q", name)
	return corev1.Volume{}
}

func TestWorkloadIdentityTakesThePlaceOfTheKey(t *testing.T) {
	b := rendered(t, sample.Published(t, federated))
	spec := find[*appsv1.DaemonSet](t, b, "gateway-gcp-us").Spec.Template.Spec
	c := container(t, spec.Containers, "tailscale")
	env := variables(c)
	for name, want := range map[string]string{
		"TS_CLIENT_ID": "T1exampleCNTRL-k2exampleCNTRL?ephemeral=false&preauthorized=true",
		"TS_ID_TOKEN":  "file:/etc/kustomize-hybrid/auth/token",
	} {
		if env[name] != want {
			t.Errorf("%s=%q, want %q", name, env[name], want)
		}
	}
	// containerboot refuses these beside a token.
	for _, name := range []string{"TS_AUTHKEY", "TS_CLIENT_SECRET", "TS_AUDIENCE"} {
		if _, set := env[name]; set {
			t.Errorf("%s is set", name)
		}
	}
	// An identity has nothing to give without the tags that it may give.
	if !strings.Contains(env["TS_EXTRA_ARGS"], "--advertise-tags=tag:k8s") {
		t.Errorf("TS_EXTRA_ARGS=%q", env["TS_EXTRA_ARGS"])
	}
	same(t, volume(t, &spec, "auth").VolumeSource, corev1.VolumeSource{
		Projected: &corev1.ProjectedVolumeSource{
			Sources: []corev1.VolumeProjection{{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{
				Audience: "api.tailscale.com/T1exampleCNTRL-k2exampleCNTRL", ExpirationSeconds: new(int64(24 * 60 * 60)), Path: "token",
			}}},
			DefaultMode: new(int32(0o400)),
		},
	})
	if spec.ServiceAccountName != "gateway-gcp-us" {
		t.Errorf("service account %q", spec.ServiceAccountName)
	}
	for _, m := range c.VolumeMounts {
		if m.Name == "auth" && (m.MountPath != "/etc/kustomize-hybrid/auth" || !m.ReadOnly) {
			t.Errorf("the token is mounted as %+v", m)
		}
	}
	if data := file(t, b, "regions/gcp-us/gateway/edge-1.env"); strings.Contains(string(data), "TS_AUTHKEY") {
		t.Errorf("a key in:\n%s", data)
	}
}

func TestWorkloadIdentityForAnotherAudience(t *testing.T) {
	b := rendered(t, sample.Published(t, func(t *schema.Topology) {
		federated(t)
		t.Spec.Tailnet.Auth.WorkloadIdentity.Audience = "https://audience.example"
	}))
	spec := find[*appsv1.DaemonSet](t, b, "gateway-gcp-us").Spec.Template.Spec
	if got := volume(t, &spec, "auth").Projected.Sources[0].ServiceAccountToken.Audience; got != "https://audience.example" {
		t.Errorf("audience %q", got)
	}
}

// A static pod has no token, whatever the identity, and is the same as without one.
func TestWorkloadIdentityLeavesStaticPodsTheirKey(t *testing.T) {
	const path = "regions/gpu-dc/gateway/static-pod.yaml"
	b := rendered(t, sample.Published(t, federated))
	with := file(t, b, path)
	without := file(t, rendered(t, sample.Published(t, func(t *schema.Topology) { t.Spec.Tailnet.TailscaleVersion = "1.98.3" })), path)
	if string(with) != string(without) {
		t.Errorf("it differs:\n%s", with)
	}
	pod := staticPod(t, b, "gpu-dc")
	if got := variables(container(t, pod.Spec.Containers, "tailscale"))["TS_AUTHKEY"]; got != "file:/etc/kustomize-hybrid/auth/authkey" {
		t.Errorf("TS_AUTHKEY=%q", got)
	}
}

// What docs/handover.md relies on: the same state, the same name, and host ports that
// keep the second pod off the host while the first one has it.
func TestHandOverKeepsTheIdentity(t *testing.T) {
	handedOver := func(mode schema.GatewayMode) *corev1.PodSpec {
		b := rendered(t, sample.Published(t, func(t *schema.Topology) {
			t.Spec.Regions[0].Gateways.Mode, t.Spec.Regions[0].Gateways.State = mode, schema.KeepHost
		}))
		if mode == schema.ModeStaticPod {
			return &staticPod(t, b, "gcp-us").Spec
		}
		return &find[*appsv1.DaemonSet](t, b, "gateway-gcp-us").Spec.Template.Spec
	}
	before, after := handedOver(schema.ModeStaticPod), handedOver(schema.ModeDaemonSet)
	same(t, before.Containers, after.Containers)
	same(t, volume(t, before, "state"), volume(t, after, "state"))
	if got := volume(t, after, "state").HostPath; got == nil || got.Path != "/var/lib/kustomize-hybrid/tailscale" {
		t.Errorf("state in %+v", got)
	}
	c := container(t, after.Containers, "tailscale")
	if _, set := variables(c)["TS_HOSTNAME"]; set || !before.HostNetwork || !after.HostNetwork {
		t.Error("they may have other names in the tailnet")
	}
	var ports []int32
	for _, p := range c.Ports {
		ports = append(ports, p.HostPort)
	}
	same(t, ports, []int32{41641, 9002})
}
