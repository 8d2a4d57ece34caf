package cidr_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/cidr"
)

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func TestContains(t *testing.T) {
	for _, c := range []struct {
		outer, inner string
		want         bool
	}{
		{"10.0.0.0/8", "10.1.0.0/16", true},
		{"10.1.0.0/16", "10.1.0.0/16", true},
		{"10.1.0.0/16", "10.0.0.0/8", false},
		{"10.0.0.0/8", "11.0.0.0/16", false},
		{"::/0", "10.0.0.0/8", false},
	} {
		if got := cidr.Contains(netip.MustParsePrefix(c.outer), netip.MustParsePrefix(c.inner)); got != c.want {
			t.Errorf("Contains(%s, %s) = %v", c.outer, c.inner, got)
		}
	}
}

func TestSortedDropsWhatIsNotValid(t *testing.T) {
	got := cidr.Sorted(append(prefixes("10.1.0.0/16", "10.0.0.0/8", "10.1.0.0/16"), netip.Prefix{}))
	if want := "[10.0.0.0/8 10.1.0.0/16]"; fmt.Sprint(got) != want {
		t.Errorf("%v instead of %s", got, want)
	}
}

func ExampleFew() {
	fmt.Println(cidr.Few(prefixes("10.5.0.0/16", "10.4.0.0/16", "10.3.0.0/16", "10.2.0.0/16", "10.1.0.0/16", "10.0.0.0/16")))
	// Output: 10.0.0.0/16, 10.1.0.0/16, 10.2.0.0/16, 10.3.0.0/16, 2 more
}
