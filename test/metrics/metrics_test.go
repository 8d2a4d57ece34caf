package metrics_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"sigs.k8s.io/yaml"
)

const components = "../../overlays/components"

// alerts are the rules of the Component, as Prometheus reads them: names, templates, expressions.
func alerts(t *testing.T) []rulefmt.Rule {
	t.Helper()
	var object struct{ Spec json.RawMessage }
	read(t, "monitoring/alerts.yaml", &object)
	groups, errs := rulefmt.Parse(object.Spec, false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var all []rulefmt.Rule
	for _, g := range groups.Groups {
		all = append(all, g.Rules...)
	}
	return all
}

func read(t *testing.T, file string, object any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(components, file))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, object); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}

// panels are the expressions of the dashboard, with Grafana's variables as it fills them in.
func panels(t *testing.T) []string {
	t.Helper()
	var board struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	read(t, "dashboard/gateways.json", &board)
	filled := strings.NewReplacer("$__rate_interval", "2m", "$region", "eu|us")
	var all []string
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			all = append(all, filled.Replace(target.Expr))
		}
	}
	return all
}

// labelsOf are the labels of each metric that Component monitoring has Prometheus keep, beside those
// that the PodMonitor gives.
func labelsOf() map[string][]string {
	return map[string][]string{
		"up": nil, // Prometheus' own
		// kube-state-metrics v2.17.0, internal/store/pod.go; docs/metrics/workload/pod-metrics.md
		"kube_pod_container_status_ready": {"namespace", "pod", "container", "uid"},
		// tailscaled, below
		"tailscaled_advertised_routes":             nil,
		"tailscaled_approved_routes":               nil,
		"tailscaled_health_messages":               {"type"},
		"tailscaled_inbound_bytes_total":           {"path"},
		"tailscaled_outbound_bytes_total":          {"path"},
		"tailscaled_inbound_dropped_packets_total": {"reason"},
	}
}

// given are the labels that the PodMonitor gives to all of a gateway's metrics, and the operator's job.
func given(t *testing.T) []string {
	t.Helper()
	var monitor struct {
		Spec struct {
			PodMetricsEndpoints []struct {
				Relabelings []struct{ TargetLabel string }
			}
		}
	}
	read(t, "monitoring/gateways.yaml", &monitor)
	names := []string{"job"}
	for _, r := range monitor.Spec.PodMetricsEndpoints[0].Relabelings {
		if r.TargetLabel != "" {
			names = append(names, r.TargetLabel)
		}
	}
	return names
}

// Every metric and label that is asked for is there, and none is listed that nobody asks for.
func TestMetricsExist(t *testing.T) {
	own, known, used := given(t), labelsOf(), map[string]bool{}
	has := func(metric, label string) bool {
		return label == model.MetricNameLabel || slices.Contains(known[metric], label) || !strings.HasPrefix(metric, "kube_") && slices.Contains(own, label)
	}
	check := func(where, expr string) (shown []string) {
		e, err := parser.NewParser(parser.Options{}).ParseExpr(expr)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			return nil
		}
		var metrics, groups []string
		parser.Inspect(e, func(n parser.Node, _ []parser.Node) error {
			switch n := n.(type) {
			case *parser.VectorSelector:
				metrics, used[n.Name] = append(metrics, n.Name), true
				if _, ok := known[n.Name]; !ok {
					t.Errorf("%s: %s: nobody says that there is such a metric", where, n.Name)
				}
				for _, m := range n.LabelMatchers {
					if !has(n.Name, m.Name) {
						t.Errorf("%s: %s has no label %s", where, n.Name, m.Name)
					}
				}
			case *parser.AggregateExpr:
				shown = n.Grouping
				groups = append(groups, n.Grouping...)
			}
			return nil
		})
		for _, label := range groups {
			if !slices.ContainsFunc(metrics, func(m string) bool { return has(m, label) }) {
				t.Errorf("%s: sums by %s, which none of %q has", where, label, metrics)
			}
		}
		if shown == nil && len(metrics) > 0 {
			shown = append(slices.Clone(known[metrics[0]]), own...)
		}
		return shown
	}
	for _, rule := range alerts(t) {
		shown := check(rule.Alert, rule.Expr)
		for _, text := range rule.Annotations {
			for _, m := range regexp.MustCompile(`\$labels\.(\w+)`).FindAllStringSubmatch(text, -1) {
				if !slices.Contains(shown, m[1]) {
					t.Errorf("%s: %s is not among the labels of what it finds, %q", rule.Alert, m[0], shown)
				}
			}
		}
	}
	for _, expr := range panels(t) {
		check("dashboard", expr)
	}
	for name := range known {
		if !used[name] {
			t.Errorf("%s is not used any more", name)
		}
	}
}

// tailscaled's own source names the metrics, their labels' values and what the watch cannot see: at
// both versions that the lab runs.
func TestTailscaledExportsThem(t *testing.T) {
	for _, module := range []string{"../lab/pinned", "../lab/newest"} {
		c := exec.Command("go", "mod", "download", "-json", "tailscale.com")
		c.Dir = module
		out, err := c.Output()
		var downloaded struct{ Dir, Version string }
		if err != nil || json.Unmarshal(out, &downloaded) != nil {
			t.Fatalf("%s: %v\n%s", module, err, out)
		}
		for dir, words := range map[string][]string{
			"ipn/ipnlocal":       {`"tailscaled_advertised_routes"`, `"tailscaled_approved_routes"`},
			"health":             {`"tailscaled_health_messages"`, "type metricHealthMessageLabel struct", "Type string", `MetricLabelWarning = "warning"`},
			"wgengine/magicsock": {`"tailscaled_inbound_bytes_total"`, `"tailscaled_outbound_bytes_total"`, "type pathLabel struct", "Path Path", `= "derp"`},
			"util/usermetric":    {`"tailscaled_inbound_dropped_packets_total"`, "type DropLabels struct", "Reason DropReason"},
		} {
			source := sourceOf(t, filepath.Join(downloaded.Dir, dir))
			for _, word := range words {
				if !strings.Contains(source, word) {
					t.Errorf("tailscale %s: %s has no %s", downloaded.Version, dir, word)
				}
			}
		}
	}
}

// sourceOf is the text of a package.
func sourceOf(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(dir, err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// Each alert fires in the state that it is about, for the gateway or region that is in it, and in no
// other state that is shown here.
func TestAlertsFire(t *testing.T) {
	const gateway = `job="tailscale/gateways", region="eu", gateway="eu-1"`
	healthy := []string{
		`up{` + gateway + `} 1x60`, `up{job="tailscale/gateways", region="eu", gateway="eu-2"} 1x60`,
		`tailscaled_advertised_routes{` + gateway + `} 2x60`, `tailscaled_approved_routes{` + gateway + `} 2x60`,
		`tailscaled_outbound_bytes_total{` + gateway + `, path="direct_ipv4"} 0+6000000x60`, `tailscaled_outbound_bytes_total{` + gateway + `, path="derp"} 0+600000x60`,
		`tailscaled_health_messages{` + gateway + `, type="warning"} 0x60`,
		`kube_pod_container_status_ready{namespace="tailscale", container="watch", pod="gateway-eu-x"} 1x60`,
	}
	states := map[string]struct {
		alert  string
		series map[string]string // by its beginning, instead of the healthy one; empty is none
	}{
		"healthy":             {"", nil},
		"a route unapproved":  {"HybridRoutesNotApproved", map[string]string{"tailscaled_approved_routes": `tailscaled_approved_routes{` + gateway + `} 1x60`}},
		"one gateway lost":    {"HybridGatewayLost", map[string]string{`up{job="tailscale/gateways", region="eu", gateway="eu-2"`: `up{job="tailscale/gateways", region="eu", gateway="eu-2"} 0x60`}},
		"a region lost":       {"HybridGatewayLost HybridRegionWithoutGateway", map[string]string{`up{` + gateway: `up{` + gateway + `} 0x60`, `up{job="tailscale/gateways", region="eu", gateway="eu-2"`: `up{job="tailscale/gateways", region="eu", gateway="eu-2"} 0x60`}},
		"nothing is scraped":  {"HybridNoGatewayIsScraped", map[string]string{"up{": ""}},
		"a path relayed":      {"HybridPathRelayed", map[string]string{`tailscaled_outbound_bytes_total{` + gateway + `, path="derp"`: `tailscaled_outbound_bytes_total{` + gateway + `, path="derp"} 0+6000000x60`}},
		"a little relayed":    {"", map[string]string{`tailscaled_outbound_bytes_total{` + gateway + `, path="derp"`: `tailscaled_outbound_bytes_total{` + gateway + `, path="derp"} 0+660000x60`}},
		"a warning":           {"HybridGatewayWarns", map[string]string{"tailscaled_health_messages": `tailscaled_health_messages{` + gateway + `, type="warning"} 2x60`}},
		"the watch not ready": {"HybridWatchSilent", map[string]string{"kube_pod": `kube_pod_container_status_ready{namespace="tailscale", container="watch", pod="gateway-eu-x"} 0x60`}},
	}
	fired := map[string]bool{}
	for _, state := range slices.Sorted(maps.Keys(states)) {
		s := states[state]
		load := "load 1m\n"
		for _, line := range healthy {
			for prefix, other := range s.series {
				if strings.HasPrefix(line, prefix) {
					line = other
				}
			}
			if line != "" {
				load += "  " + line + "\n"
			}
		}
		var firing []string
		for _, rule := range alerts(t) {
			if fires(t, load, rule.Expr) {
				firing, fired[rule.Alert] = append(firing, rule.Alert), true
			}
		}
		slices.Sort(firing)
		if got := strings.Join(firing, " "); got != s.alert {
			t.Errorf("%s: %q fires, want %q", state, got, s.alert)
		}
	}
	for _, rule := range alerts(t) {
		if !fired[rule.Alert] {
			t.Errorf("no state is shown in which %s fires", rule.Alert)
		}
	}
}

// fires reports whether Prometheus' engine finds something half an hour after the series begin.
func fires(t *testing.T, load, expr string) bool {
	t.Helper()
	storage := promqltest.LoadedStorage(t, load)
	defer storage.Close()
	engine := promqltest.NewTestEngine(t, false, 0, promqltest.DefaultMaxSamplesPerQuery)
	query, err := engine.NewInstantQuery(t.Context(), storage, nil, expr, time.Unix(0, 0).Add(30*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	defer query.Close()
	found, err := query.Exec(t.Context()).Vector()
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w", expr, err))
	}
	for _, sample := range found {
		if got := sample.Metric.Get("region"); got != "" && got != "eu" {
			t.Errorf("%s finds %s", expr, sample.Metric)
		}
	}
	return len(found) > 0
}
