package existing

import (
	"maps"
	"slices"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/decoded"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/plan"
	"github.com/kustomize-hybrid/kustomize-hybrid/schema"
)

// checkLabels compares the labels that settings, pools and DaemonSets go by.
func (n *node) checkLabels() {
	labels, _ := decoded.Dig(n.Content, "metadata", "labels").(map[string]any)
	if n.region != nil {
		n.checkRegionLabel(labels)
	}
	if n.gateway != nil {
		n.checkGatewayLabels(labels)
	}
	n.checkStrangeGateway(labels)
	if o, ok := n.w.objects[n.Name]; ok {
		n.checkObjectLabels(labels, o)
	}
}

func (n *node) checkRegionLabel(labels map[string]any) {
	r := n.region.Region
	field := diag.Field("metadata.labels", schema.RegionLabel)
	says, _ := labels[schema.RegionLabel].(string)
	fix := "kubectl label node %s " + schema.RegionLabel + "=" + r.Name
	switch {
	case says == r.Name, says == "" && n.gateway != nil: // checkGatewayLabels names it
	case says == "":
		n.share("region "+r.Name, field, func(o *Object, who, names string) *diag.Diagnostic {
			return o.finding(diag.Warning, CodeObjectDiffers, field, "label %s is missing on %s of region %q: what is rendered for the nodes of a region, its plugin's settings among it, is found by that label", schema.RegionLabel, who, r.Name).
				Fix(fix+", before the plugin's agent starts there", names)
		})
	default:
		n.report(diag.Error, CodeObjectOutside, field, "%s belongs to region %q, and is labelled %s: %s, so its network plugin takes that one's settings", n.ID(), r.Name, schema.RegionLabel, says).
			See(n.w.path(n.region)+".name", "region %q is stated here", r.Name).
			Fix(fix+" --overwrite, and restart the plugin's agent there", n.Name)
	}
}

func (n *node) checkGatewayLabels(labels map[string]any) {
	r := n.region.Region
	want := n.region.OwnLabels(n.gateway)
	var missing []string
	for _, key := range slices.Sorted(maps.Keys(want)) {
		says, has := labels[key].(string)
		if other := key == schema.RegionLabel && says != ""; !other && (!has || says != want[key]) {
			missing = append(missing, key+"="+want[key])
		}
	}
	if len(missing) == 0 {
		return
	}
	then, at := "settings for gateways of that region do not reach it", n.path
	selects := func(m string) bool { return !strings.HasPrefix(m, schema.RegionLabel+"=") }
	if r.Gateways.Mode == schema.ModeDaemonSet && slices.ContainsFunc(missing, selects) {
		then, at = "the DaemonSet of the gateways runs no pod there", n.w.path(n.region)+".gateways.nodeSelector"
	}
	list := strings.Join(missing, " ")
	n.report(diag.Warning, CodeObjectDiffers, "metadata.labels", "%s is a gateway of region %q and lacks %s: %s", n.ID(), r.Name, strings.Join(missing, ", "), then).
		See(at, "the gateways' labels follow from this").Fix("kubectl label node %s %s --overwrite", n.Name, list)
}

// checkStrangeGateway finds a Node that a DaemonSet of gateways selects, and that the
// topology does not name among them.
func (n *node) checkStrangeGateway(labels map[string]any) {
	for i := range n.w.plan.Regions {
		r := &n.w.plan.Regions[i]
		selector := n.w.selectors[i]
		has := len(r.Region.Gateways.Nodes) > 0 && (r.Region.Gateways.Mode != schema.ModeDaemonSet || len(r.Region.Gateways.NodeSelector) > 0)
		for key, value := range selector {
			says, _ := labels[key].(string)
			has = has && says == value
		}
		// A label of ours says of which region the gateway is only together with the region.
		ours := r.Region.Gateways.Mode != schema.ModeDaemonSet
		known := n.gateway != nil && (n.region.Region.Name == r.Region.Name || ours)
		if !has || known || r.Region.Gateways.Replaced == schema.ReplacedAnyAddress || n.w.leaves(r.Region.Name) || ours && (n.region == nil || n.region.Region.Name != r.Region.Name) {
			continue
		}
		key := slices.Sorted(maps.Keys(selector))[0]
		then := "settings for gateways reach it, though nobody sends to it"
		if !ours {
			then = "the DaemonSet runs a gateway there, whom no node, route table or policy knows"
		}
		n.report(diag.Warning, CodeObjectDiffers, diag.Field("metadata.labels", key), "%s has the labels of a gateway of region %q, and the topology does not name it: %s", n.ID(), r.Region.Name, then).
			See(n.w.path(r)+".gateways", "the gateways are listed here").
			Fix("kubectl label node %s %s-, or add it to gateways.nodes with its internalIP", n.Name, key)
	}
}

// checkObjectLabels: what a rendered Node object says besides. Whoever applies it again sets
// them; a kubelet gives a Node that exists none of its own.
func (n *node) checkObjectLabels(labels map[string]any, o plan.NodeObject) {
	var differ []string
	own := n.region.OwnLabels(n.gateway)
	for _, key := range slices.Sorted(maps.Keys(o.Labels)) {
		_, done := own[key]
		if says, ok := labels[key].(string); !done && (!ok || says != o.Labels[key]) {
			differ = append(differ, key+"="+o.Labels[key])
		}
	}
	if len(differ) > 0 {
		n.report(diag.Warning, CodeObjectDiffers, "metadata.labels", "%s lacks %s, which its rendered Node object has: what selects by that passes the node by", n.ID(), strings.Join(differ, ", ")).
			See(n.w.named[n.Name].path, "the node stands here").Fix("kubectl apply -f %s", plan.NodesPath(n.region.Region.Name))
	}
}
