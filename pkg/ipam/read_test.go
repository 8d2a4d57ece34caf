package ipam_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/docs"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/ipam"
)

// said is what suggest prints of a lock file.
func said(t *testing.T, text string) string {
	t.Helper()
	lock, list := ipam.ReadLock("addresses.lock", []byte(text))
	if (lock == nil) != (list.Count(diag.Error) > 0) {
		t.Errorf("%q: %v, %v", text, lock, list)
	}
	var out bytes.Buffer
	if err := diag.WriteText(&out, list); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// The example of each code in docs/checks.md gives what stands below it.
func TestChecksPage(t *testing.T) {
	const page = "../../docs/checks.md"
	for _, code := range ipam.Codes() {
		section, _ := docs.Explain(string(code))
		_, rest, _ := strings.Cut(section, "```json\n")
		text, rest, _ := strings.Cut(rest, "```\n\n```text\n")
		want, _, ok := strings.Cut(rest, "```\n")
		got := said(t, text)
		if !ok || !strings.Contains(got, "["+string(code)+"]") {
			t.Fatalf("docs/checks.md does not show %s: %s", code, got)
		}
		if got == want {
			continue
		}
		if !goldentest.Update() {
			t.Errorf("the page says\n%sand suggest says\n%s", want, got)
			continue
		}
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		goldentest.Save(t, page, strings.Replace(string(data), text+"```\n\n```text\n"+want, text+"```\n\n```text\n"+got, 1))
	}
}

func TestReadLockRefuses(t *testing.T) {
	for text, says := range map[string]string{
		`{`:                                    "addresses.lock:1:2: error: it is not a lock file: the file ends in the middle",
		`[]`:                                   "addresses.lock:1:1: error: { belongs here, and not [",
		`null`:                                 "addresses.lock:1:1: error: { belongs here",
		"{\n \"x\": {}}":                       `addresses.lock:2:2: error: a lock file has no field "x"`,
		`{"allocations": []}`:                  "addresses.lock:1:17: error: { belongs here",
		`{"allocations": {"a": 1}}`:            "addresses.lock:1:23: error: [ belongs here",
		`{"allocations": {"a": [1]}}`:          "addresses.lock:1:24: error: a text belongs here, and not 1",
		`{"allocations": {"ä": ["x"]}}`:        `addresses.lock:1:24: error: "x" is not a prefix`,
		`{"allocations": {"a": ["10.0.0.0"]}}`: `"10.0.0.0" is not a prefix`,
		`{"allocations": {"a": ["::ffff:10.0.0.0/104"]}}`:              "is not a prefix",
		`{"allocations": {"a": ["10.0.0.1/24"]}}`:                      "10.0.0.1/24 has host bits",
		`{"allocations": {"a": [], "a": []}}`:                          `addresses.lock:1:27: error: "a" stands in the lock twice`,
		`{"allocations": {}} {}`:                                       "addresses.lock:1:21: error: something stands behind the end",
		`{"allocations": {"a": ["10.1.0.0/16"], "b": ["10.0.0.0/8"]}}`: "addresses.lock:1:46: error: 10.0.0.0/8 overlaps 10.1.0.0/16",
		`{"allocations": {"a": ["10.1.0.0/16", "10.1.0.0/16"]}}`:       "addresses.lock:1:39: error: 10.1.0.0/16 overlaps 10.1.0.0/16",
		"<<<<<<< HEAD\n": "addresses.lock:1:1: error: it is not a lock file: invalid character '<'",
	} {
		if got := said(t, text); !strings.Contains(got, says) {
			t.Errorf("%s: %s does not say %q", text, got, says)
		}
	}
	for _, text := range []string{"", "\n", "{}", `{"allocations": null}`, `{"allocations": {"a": ["10.0.0.0/8", "fd00::/48"], "b": ["11.0.0.0/8"], "c": []}}`} {
		if got := said(t, text); got != "" {
			t.Errorf("%s: %s", text, got)
		}
	}
}

func FuzzReadLock(f *testing.F) {
	f.Add(`{"allocations": {"a": ["10.0.0.0/8"], "b": ["10.1.0.0/16"]}}`)
	f.Add(`{"allocations": null, "x": [1, {"y": 2}]} z`)
	f.Fuzz(func(t *testing.T, text string) {
		lock, list := ipam.ReadLock("l", []byte(text))
		if lock == nil {
			for _, d := range list {
				if d.Pos.Line == 0 || d.Message == "" {
					t.Errorf("%q: %v", text, d)
				}
			}
			return
		}
		data, err := lock.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		if again, list := ipam.ReadLock("l", data); again == nil || fmt.Sprint(again) != fmt.Sprint(lock) {
			t.Errorf("%q becomes %q: %v", text, data, list)
		}
	})
}
