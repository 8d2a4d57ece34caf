package doctor_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kustomize-hybrid/kustomize-hybrid/docs"
	"github.com/kustomize-hybrid/kustomize-hybrid/internal/goldentest"
	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/doctor"
)

const checksPage = "../../docs/checks.md"

// shows names a capture of the lab, and has what is said of it.
var shows = regexp.MustCompile("The capture `([a-z]+)/([a-z-]+)` of the lab shows it:\n\n```text\n((?s:.*?))```\n")

// Every code has a heading in docs/checks.md, and below it what doctor says of a capture.
func TestChecksPage(t *testing.T) {
	data, err := os.ReadFile(checksPage)
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	for _, code := range doctor.Codes() {
		section, ok := docs.Explain(string(code))
		if !ok {
			t.Errorf("%s has no heading", code)
			continue
		}
		m := shows.FindStringSubmatch(section)
		if m == nil {
			t.Errorf("%s shows no capture", code)
			continue
		}
		r := diagnose(t, broken{lab: m[1], name: m[2]})
		r.Causes = slices.DeleteFunc(r.Causes, func(c doctor.Cause) bool { return c.Code != code })
		got := r.Text()
		if got == "" {
			t.Errorf("capture %s/%s does not show %s", m[1], m[2], code)
		}
		if got != m[3] && goldentest.Update() {
			page = strings.Replace(page, m[0], strings.Replace(m[0], "```text\n"+m[3], "```text\n"+got, 1), 1)
		} else if got != m[3] {
			t.Errorf("%s: the page says\n%sand doctor\n%s", code, m[3], got)
		}
	}
	if goldentest.Update() {
		goldentest.Save(t, checksPage, page)
	}
}
