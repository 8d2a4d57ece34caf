package plugin

import (
	"fmt"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/facts"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/render/tree"
)

// calicoStored is the form in which Calico's objects are stored, which clusters without
// Calico's API server take (calico 0039c9cd, manifests/canal.yaml).
const calicoStored = "crd.projectcalico.org/v1"

// chartValues changes the values of a chart that the distribution installs (k3s-io/
// helm-controller, doc/helmchart.md: HelmChartConfig).
type chartValues struct {
	APIVersion string     `json:"apiVersion"`
	Kind       string     `json:"kind"`
	Metadata   objectMeta `json:"metadata"`
	Spec       struct {
		ValuesContent string `json:"valuesContent"`
	} `json:"spec"`
}

// canalValues are the values of RKE2's chart (rancher/rke2-charts 0087a864,
// packages/rke2-canal/charts/values.yaml).
type canalValues struct {
	Calico struct {
		FelixIPTablesMarkMask string `json:"felixIptablesMarkMask"`
	} `json:"calico"`
}

// canalClusterObjects are what the cluster's Canal has once: the mark mask, and the gateways
// as a network set where policies have to readmit them. A chart that sets the mask in
// Felix's environment has to be told, since that wins over any object.
func (p *Settings) canalClusterObjects(r *plan.Region) ([]any, error) {
	charts := facts.Distribution(p.Topology.Spec.Cluster.Distribution).PluginCharts
	if !charts.IsKnown() {
		felix := calicoObject[calicoFelix]{calicoStored, "FelixConfiguration", objectMeta{Name: "default"}, felix(r.Region.CNI)}
		return append([]any{felix}, p.gatewaySet(calicoStored)...), nil
	}
	var values canalValues
	values.Calico.FelixIPTablesMarkMask = fmt.Sprintf("%#x", r.Region.CNI.MarkMask)
	content, err := tree.YAML(values)
	if err != nil {
		return nil, err
	}
	chart := chartValues{
		APIVersion: "helm.cattle.io/v1", Kind: "HelmChartConfig",
		Metadata: objectMeta{Name: charts.Value + string(r.Region.CNI.Type), Namespace: "kube-system"},
	}
	chart.Spec.ValuesContent = string(content)
	return append([]any{chart}, p.gatewaySet(calicoStored)...), nil
}
