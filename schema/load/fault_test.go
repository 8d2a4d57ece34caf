package load

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestFaultPlace has the lines that js-yaml and npm's yaml name, where these two agree.
func TestFaultPlace(t *testing.T) {
	data, err := os.ReadFile("testdata/published.yaml")
	if err != nil {
		t.Fatal(err)
	}
	topology := string(data)
	lineOf := func(text string) int { return 1 + strings.Count(topology[:strings.Index(topology, text)], "\n") }
	for _, c := range []struct {
		old, new string
		place    string
		odd      string
	}{
		{"      provider: bare-metal", "     provider: bare-metal", fmt.Sprintf("%d:6", lineOf("provider: bare-metal")), "it is indented by 5, and what it could belong to by 4 or by 6"},
		{"      provider: gcp", "     provider: gcp", fmt.Sprintf("%d:6", lineOf("provider: gcp")), "it is indented by 5, and what it could belong to by 4 or by 6"},
		{"      nodeCIDRs: [10.0.0.0/22]", "       nodeCIDRs: [10.0.0.0/22]", fmt.Sprintf("%d:8", lineOf("nodeCIDRs: [10.0.0.0/22]")), ""},
		{"      provider: gcp", "\tprovider: gcp", fmt.Sprintf("%d:2", lineOf("provider: gcp")), "a tab indents it, and YAML takes spaces only"},
		{"[10.0.0.0/22]", "[10.0.0.0/22", fmt.Sprintf("%d:7", lineOf("nodeCIDRs: [10.0.0.0/22]")+1), ""},
		{"provider: gcp", "provider: gcp: a", fmt.Sprintf("%d:7", lineOf("provider: gcp")), ""},
		{"provider: gcp", "provider gcp", fmt.Sprintf("%d:7", lineOf("provider: gcp")), ""},
	} {
		if !strings.Contains(topology, c.old) {
			t.Fatalf("%q is not in the text", c.old)
		}
		line, column, odd := faultPlace([]byte(strings.Replace(topology, c.old, c.new, 1)))
		if got := fmt.Sprintf("%d:%d", line, column); got != c.place || odd != c.odd {
			t.Errorf("%q: %s %q, not %s %q", c.new, got, odd, c.place, c.odd)
		}
	}
	line, column, _ := faultPlace([]byte("{\n  \"kind\": \"Topology\"\n  \"spec\": {}\n}\n"))
	if line != 3 || column != 3 {
		t.Errorf("JSON: %d:%d", line, column)
	}
	if line, _, _ := faultPlace([]byte("kind: Topology # it's [fine\nspec: {a: 'b [', c: [\n1, 2]}\n d: 5\n")); line != 4 {
		t.Errorf("behind brackets in comments and quotes: line %d", line)
	}
}

// Moving one line by one column makes a fault in that line, or in the next one that has to
// stand beside it; never above.
func TestFaultIsWhereTheLineWasMoved(t *testing.T) {
	data, err := os.ReadFile("testdata/published.yaml")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(data), "\n")
	exact, all := 0, 0
	for i, l := range lines {
		for _, moved := range []string{" " + l, strings.TrimPrefix(l, " ")} {
			text := strings.Join(lines[:i], "") + moved + strings.Join(lines[i+1:], "")
			if decodes([]byte(text)) {
				continue
			}
			all++
			line, _, _ := faultPlace([]byte(text))
			next := i + 1
			for next < len(lines) && len(indentation(lines[next])) > len(indentation(l)) {
				next++
			}
			switch line {
			case i + 1:
				exact++
			case i + 2, next + 1:
			default:
				t.Errorf("line %d was moved, and line %d is named", i+1, line)
			}
		}
	}
	if all < 20 || exact*2 < all {
		t.Errorf("%d of %d faults are placed exactly", exact, all)
	}
}
