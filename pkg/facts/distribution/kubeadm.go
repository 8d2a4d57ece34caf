package distribution

import (
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts/fact"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// Kubeadm is Kubernetes' own.
func (distributions) Kubeadm() Distribution {
	return Distribution{
		Name: schema.DistributionKubeadm, Title: "kubeadm",
		Ranges:           fact.Known([]fact.Range(nil), "kubernetes cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go: it keeps none"),
		Pods:             fact.Unknown[[]fact.Range]("it has none: podSubnet is empty unless somebody sets it"),
		Services:         fact.Ranges(fact.Default("10.96.0.0/12", "is kubeadm's default for services", "kubernetes cmd/kubeadm/app/apis/kubeadm/v1beta4/defaults.go", "1.33.1")),
		LeastServiceBits: serviceBits(),
		Home:             fact.Unknown[string](anywhere),
		KeepsNodes:       fact.Known(false, "kubernetes v1.33.1, cmd/kubeadm: it installs none, and leaves that to the user"),
		RemotePrivate:    fact.Unknown[bool](noRemote),
		KubeletUnits:     fact.Known([]string{kubelet}, "kubernetes/release, cmd/krel/templates: kubelet.service"),
		MachineConfig:    fact.Unknown[string](ownHosts),
		StaticPods:       fact.Known("/etc/kubernetes/manifests", "kubernetes v1.33.1, cmd/kubeadm/app/constants/constants.go: ManifestsSubDirName"),
		StartsAlone:      fact.Known(true, "kubernetes v1.33.1, cmd/kubeadm/app/phases/kubelet: join writes the kubelet's configuration to the host"),
		Join: fact.Known(Join{
			File:       "/etc/default/kubelet",
			Text:       "KUBELET_EXTRA_ARGS=--node-ip={address} --node-labels={labels}{providerID}\n",
			ProviderID: fact.Known(" --provider-id={id}", "kubernetes v1.33.1 and v1.37.2, cmd/kubelet/app/options/options.go"),
			Run: []string{
				"kubeadm join {server} --node-name {name} --token TOKEN --discovery-token-ca-cert-hash sha256:HASH --ignore-preflight-errors=DirAvailable--etc-kubernetes-manifests",
			},
			Leave: []string{"kubeadm reset --force"},
			Why:   "`kubeadm token create --print-join-command` prints TOKEN and HASH, on a server. With packages of RPM the file is /etc/sysconfig/kubelet. The directory of static pods may hold the gateway already.",
		}, "kubernetes/release, cmd/krel/templates/latest/kubeadm/10-kubeadm.conf: EnvironmentFile; kubernetes v1.33.1, cmd/kubeadm/app/preflight/checks.go: addCommonChecks; cmd/kubeadm/app/cmd/reset.go"),
		JoinNeeds: fact.Known("", "test/cluster runs them, with kubeadm v1.33.1"),
		JoinGiven: fact.Unknown[Given](noGiven),
		Alone: fact.Known(Alone{
			Run: []string{
				"mkdir -p /etc/kubernetes/manifests /etc/kustomize-hybrid",
				"cat >/etc/kustomize-hybrid/kubelet-alone.yaml <<'END'",
				"apiVersion: kubelet.config.k8s.io/v1beta1",
				"kind: KubeletConfiguration",
				"staticPodPath: /etc/kubernetes/manifests",
				"enableServer: false",
				"cgroupDriver: systemd", // what kubeadm configures, from 1.22 on
				"authentication: {anonymous: {enabled: false}, webhook: {enabled: false}}",
				"authorization: {mode: AlwaysAllow}",
				"END",
				"systemd-run --unit=kubelet-alone kubelet --config=/etc/kustomize-hybrid/kubelet-alone.yaml --node-ip={address} --hostname-override={name}",
			},
			Stop: "systemctl stop kubelet-alone.service",
			Undo: []string{
				"systemctl stop kubelet-alone.service || true   # where it worked, it has ended already",
				"rm -f /etc/kustomize-hybrid/kubelet-alone.yaml",
			},
		}, "kubernetes v1.33.1, pkg/kubelet/apis/config/types.go: EnableServer, StaticPodPath; a kubelet without --kubeconfig runs standalone (cmd/kubelet/app/server.go: run)"),
		PluginCharts:   fact.Unknown[string](noCharts),
		JoinPorts:      fact.Known([]string(nil), "kubernetes v1.33.1, cmd/kubeadm/app/cmd/join.go: "+apiServer),
		NodePorts:      fact.Known([]string(nil), "kubernetes.io, ports and protocols: the kubelet's 10250"),
		PeerPorts:      etcdPorts("kubernetes v1.33.1, cmd/kubeadm/app/constants/constants.go: EtcdListenClientPort, EtcdListenPeerPort"),
		KubeletTunnel:  fact.Known("", "kubernetes v1.33.1, cmd/kubeadm/app/phases/controlplane: it configures no egress selector"),
		Signs:          fact.Known(Signs{Annotations: []string{"kubeadm.alpha.kubernetes.io/cri-socket"}}, "kubernetes v1.33.1, cmd/kubeadm/app/constants/constants.go: AnnotationKubeadmCRISocket"),
		Flags:          fact.Unknown[Flags](noFlags),
		Remote:         fact.Unknown[Remote](noRemote),
		RemoteNetworks: fact.Unknown[string](noRemote),
	}
}
