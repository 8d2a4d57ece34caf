package load

import (
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

func TestPrefixes(t *testing.T) {
	for _, c := range []struct {
		text  string
		code  diag.Code
		means string
	}{
		{"10.0.0.0/8", "", ""},
		{"0.0.0.0/0", "", ""},
		{"10.0.0.5/32", "", ""},
		{"fd00:10::/64", "", ""},
		{"::/0", "", ""},
		{"10.0.0.5/24", HostBits, "10.0.0.0/24"},
		{"fd00:10::5/64", HostBits, "fd00:10::/64"},
		{"10.0.0.0", BadPrefix, ""},
		{"fd00::", BadPrefix, ""},
		{"10.0.0.0/", BadPrefix, ""},
		{"/8", BadPrefix, ""},
		{"", BadPrefix, ""},
		{"10.0.0.0/33", BadPrefix, ""},
		{"fd00::/129", BadPrefix, ""},
		{"10.0.0.0/-1", BadPrefix, ""},
		{"10.0.0.0/99999999999999999999", BadPrefix, ""},
		{"10.0.0.0/08", BadPrefix, "10.0.0.0/8"},
		{"10.0.0.0/+8", BadPrefix, "10.0.0.0/8"},
		{"010.0.0.0/8", BadPrefix, ""},
		{"10.0.0/8", BadPrefix, ""},
		{"10.0.0.256/8", BadPrefix, ""},
		{"10.0.0.0/8 ", BadPrefix, "10.0.0.0/8"},
		{"\t10.0.0.5/24", BadPrefix, "10.0.0.0/24"},
		{"10.0.0.0 /8", BadPrefix, ""},
		{"10.0.0.0/8,10.64.0.0/10", BadPrefix, ""},
		{"::ffff:10.0.0.0/104", BadPrefix, "10.0.0.0/8"},
		{"::ffff:0:0/64", BadPrefix, ""},
		{"FD00:10::/64", BadPrefix, "fd00:10::/64"},
		{"fd00:10:0:0::/64", BadPrefix, "fd00:10::/64"},
		{"fe80::%eth0/64", BadPrefix, ""},
		{"10.0.0.0/255.0.0.0", BadPrefix, ""},
		{"10.0.0.0/8/8", BadPrefix, ""},
	} {
		p, f := parsePrefix(c.text)
		check(t, c.text, p.String(), f, c.code, c.means)
	}
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		text  string
		code  diag.Code
		means string
	}{
		{"10.0.0.5", "", ""},
		{"fd00:10::5", "", ""},
		{"10.0.0.5/24", BadAddress, "10.0.0.5"},
		{"10.0.0.05", BadAddress, ""},
		{" 10.0.0.5", BadAddress, "10.0.0.5"},
		{"10.0.0.5, 10.0.0.6", BadAddress, ""},
		{"::ffff:10.0.0.5", BadAddress, "10.0.0.5"},
		{"FD00:10::5", BadAddress, "fd00:10::5"},
		{"fe80::1%eth0", BadAddress, ""},
		{"edge-1", BadAddress, ""},
		{"", BadAddress, ""},
	} {
		a, f := parseAddress(c.text)
		check(t, c.text, a.String(), f, c.code, c.means)
	}
}

// check also holds the law that what is proposed is right.
func check(t *testing.T, text, parsed string, f *textFault, code diag.Code, means string) {
	t.Helper()
	if f == nil {
		if code != "" || parsed != text {
			t.Errorf("%q is accepted as %s", text, parsed)
		}
		return
	}
	if f.code != code || f.means != means {
		t.Errorf("%q %s [%s], means %q; want [%s], means %q", text, f.what, f.code, f.means, code, means)
	}
	if f.fix == "" && f.means == "" {
		t.Errorf("%q %s: no way out", text, f.what)
	}
	if f.means == "" {
		return
	}
	if _, again := parsePrefix(f.means); code != BadAddress && again != nil {
		t.Errorf("%q: proposes %q, which %s", text, f.means, again.what)
	}
	if _, again := parseAddress(f.means); code == BadAddress && again != nil {
		t.Errorf("%q: proposes %q, which %s", text, f.means, again.what)
	}
}
