package kube

import "k8s.io/apimachinery/pkg/util/intstr"

// RollingUpdateDaemonSetStrategyType replaces pods a few at a time.
const RollingUpdateDaemonSetStrategyType = "RollingUpdate"

// DaemonSet runs a pod on each of some nodes.
type DaemonSet struct {
	TypeMeta
	ObjectMeta `json:"metadata,omitempty"`
	Spec       DaemonSetSpec `json:"spec,omitempty"`
}

type DaemonSetSpec struct {
	Selector        *LabelSelector          `json:"selector"`
	Template        PodTemplateSpec         `json:"template"`
	UpdateStrategy  DaemonSetUpdateStrategy `json:"updateStrategy,omitempty"`
	MinReadySeconds int32                   `json:"minReadySeconds,omitempty"`
}

type DaemonSetUpdateStrategy struct {
	Type          string                  `json:"type,omitempty"`
	RollingUpdate *RollingUpdateDaemonSet `json:"rollingUpdate,omitempty"`
}

type RollingUpdateDaemonSet struct {
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`
	MaxSurge       *intstr.IntOrString `json:"maxSurge,omitempty"`
}

// Deployment runs so many pods.
type Deployment struct {
	TypeMeta
	ObjectMeta `json:"metadata,omitempty"`
	Spec       DeploymentSpec `json:"spec,omitempty"`
}

type DeploymentSpec struct {
	Replicas *int32          `json:"replicas,omitempty"`
	Selector *LabelSelector  `json:"selector"`
	Template PodTemplateSpec `json:"template"`
}

// Job runs a pod until it is done.
type Job struct {
	TypeMeta
	ObjectMeta `json:"metadata,omitempty"`
	Spec       JobSpec `json:"spec,omitempty"`
}

type JobSpec struct {
	ActiveDeadlineSeconds *int64          `json:"activeDeadlineSeconds,omitempty"`
	BackoffLimit          *int32          `json:"backoffLimit,omitempty"`
	Template              PodTemplateSpec `json:"template"`
}

// PodDisruptionBudget keeps pods from being evicted all at once.
type PodDisruptionBudget struct {
	TypeMeta
	ObjectMeta `json:"metadata,omitempty"`
	Spec       PodDisruptionBudgetSpec `json:"spec,omitempty"`
}

type PodDisruptionBudgetSpec struct {
	MinAvailable *intstr.IntOrString `json:"minAvailable,omitempty"`
	Selector     *LabelSelector      `json:"selector,omitempty"`
}
