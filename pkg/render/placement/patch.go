package placement

// What patches say. Kubernetes' own types would spell fields that a patch must leave
// alone, such as a null selector. What they make of objects, golden.TestPlacementIsKubernetes decodes strictly.

type named struct {
	Name string `json:"name"`
}

type workload struct {
	APIVersion string       `json:"apiVersion"`
	Kind       string       `json:"kind"`
	Metadata   named        `json:"metadata"`
	Spec       workloadSpec `json:"spec"`
}

type workloadSpec struct {
	Replicas *int     `json:"replicas,omitempty"`
	Template template `json:"template"`
}

type template struct {
	Spec podSpec `json:"spec"`
}

type podSpec struct {
	RuntimeClassName string            `json:"runtimeClassName,omitempty"`
	NodeSelector     map[string]string `json:"nodeSelector,omitempty"`
	Tolerations      []toleration      `json:"tolerations,omitempty"`
	Spread           []spread          `json:"topologySpreadConstraints,omitempty"`
}

type toleration struct {
	Key      string `json:"key,omitempty"`
	Operator string `json:"operator"`
}

type spread struct {
	MaxSkew           int           `json:"maxSkew"`
	TopologyKey       string        `json:"topologyKey"`
	WhenUnsatisfiable string        `json:"whenUnsatisfiable"`
	NodeTaintsPolicy  string        `json:"nodeTaintsPolicy"`
	LabelSelector     labelSelector `json:"labelSelector"`
	MatchLabelKeys    []string      `json:"matchLabelKeys"`
}

type labelSelector struct {
	MatchLabels map[string]string `json:"matchLabels"`
}

type service struct {
	APIVersion string      `json:"apiVersion"`
	Kind       string      `json:"kind"`
	Metadata   named       `json:"metadata"`
	Spec       serviceSpec `json:"spec"`
}

type serviceSpec struct {
	TrafficDistribution string `json:"trafficDistribution"`
}

type storageClass struct {
	APIVersion        string `json:"apiVersion"`
	Kind              string `json:"kind"`
	Metadata          named  `json:"metadata"`
	VolumeBindingMode string `json:"volumeBindingMode"`
}

type runtimeClass struct {
	APIVersion string     `json:"apiVersion"`
	Kind       string     `json:"kind"`
	Metadata   named      `json:"metadata"`
	Handler    string     `json:"handler"`
	Scheduling scheduling `json:"scheduling"`
}

type scheduling struct {
	NodeSelector map[string]string `json:"nodeSelector"`
	Tolerations  []toleration      `json:"tolerations"`
}
