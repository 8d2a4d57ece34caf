package foreign_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kustomize-hybrid/kustomize-hybrid/internal/foreign"
)

func Example() {
	fmt.Println(foreign.Line("stop it\n\nfile:1:1: error: fake [fake]"))
	fmt.Println(foreign.Line("\x1b[31mred\u202e\x00"))
	fmt.Println(foreign.Name("a\nb.yaml"))
	fmt.Println(foreign.Markdown("a | b <script> [x](javascript:y) # `z`"))
	fmt.Println(foreign.Clip(strings.Repeat("9", 100)) == strings.Repeat("9", 80)+"…")
	// Output:
	// stop it file:1:1: error: fake [fake]
	// \x1b[31mred\u202e\x00
	// a\x0ab.yaml
	// a \| b &lt;script&gt; \[x\](javascript:y) \# \`z\`
	// true
}

func TestLine(t *testing.T) {
	for text, want := range map[string]string{
		"":                   "",
		"plain  text":        "plain  text",
		" a\tb \r\n c ":      " a b c ",
		"a\u2028b\u2029c":    "a b c",
		"a\u0085b":           "a b",
		"\n":                 "",
		"a\n":                "a",
		"bad \xff\xfe bytes": `bad \xff\xfe bytes`,
		"\ufffd":             "\ufffd",
		"zwj 👩\u200d👧":       "zwj 👩\u200d👧",
		"\u061c\u200e\u2066": `\u061c\u200e\u2066`,
	} {
		if got := foreign.Line(text); got != want {
			t.Errorf("%q is shown as %q, not %q", text, got, want)
		}
	}
	if n := utf8.RuneCountInString(foreign.Line(strings.Repeat("ä", 10_000))); n != foreign.LineLimit+1 {
		t.Errorf("%d characters", n)
	}
}

// FuzzLine: no text gets a hidden character through, and a plain one stays as it is.
func FuzzLine(f *testing.F) {
	for _, s := range []string{"a", "a\nb", "\x1b[2J", "\u2028", "\xff", " \t "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, shown := range []string{foreign.Line(s), foreign.Name(s), foreign.Clip(s), foreign.Markdown(s)} {
			if strings.ContainsFunc(shown, foreign.Hidden) || !utf8.ValidString(shown) {
				t.Errorf("%q is shown as %q", s, shown)
			}
		}
		if strings.ContainsAny(foreign.Markdown(s), "<>") {
			t.Errorf("%q opens a tag", s)
		}
		if len(s) <= foreign.ValueLimit && utf8.ValidString(s) && !strings.ContainsFunc(s, foreign.Hidden) && foreign.Clip(s) != s {
			t.Errorf("%q is shown as %q", s, foreign.Clip(s))
		}
	})
}

func TestWithoutUser(t *testing.T) {
	for _, c := range []struct {
		in, want string
		had      bool
	}{
		{"https://u:secret@hs.example/x", "https://…@hs.example/x", true},
		{"https://u:a@b/c@hs.example", "https://…@hs.example", true},
		{"https://token@hs.example", "https://…@hs.example", true},
		{"u:secret@10.0.0.5:6443", "…@10.0.0.5:6443", true},
		{"https://hs.example", "https://hs.example", false},
		{"registry:5000/tailscale:v1@sha256:00", "registry:5000/tailscale:v1@sha256:00", false},
		{"tailscale:v1@sha256:00", "tailscale:v1@sha256:00", false},
		{"edge-1@10.0.0.11", "edge-1@10.0.0.11", false},
	} {
		if got, had := foreign.WithoutUser(c.in); got != c.want || had != c.had {
			t.Errorf("%s: %s, %v; want %s, %v", c.in, got, had, c.want, c.had)
		}
	}
}
