// Package reports checks the goldens of the report formats against the standards
// they follow. It is a module of its own so that the JSON-schema validator stays out
// of the program's dependencies.
package reports

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const root = "../.."

// TestSARIF validates every SARIF golden in the repository against the OASIS schema.
func TestSARIF(t *testing.T) {
	schema := compile(t)
	logs := sarifFiles(t)
	if len(logs) < 2 {
		t.Fatalf("only %d SARIF goldens found: %q", len(logs), logs)
	}
	for _, file := range logs {
		if err := schema.Validate(read(t, file)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	// What validate --format sarif says of a broken topology.
	if err := schema.Validate(parse(t, "report.txtar", conversation(t, "broken.sarif"))); err != nil {
		t.Errorf("report.txtar: %v", err)
	}
}

// conversation returns one file of the scripted conversation about reports.
func conversation(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "cmd/kustomize-hybrid/testdata/script/report.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(data), "-- "+name+" --\n")
	text, _, more := strings.Cut(after, "\n-- ")
	if !ok || !more {
		t.Fatalf("report.txtar has no %s followed by another file", name)
	}
	return []byte(text)
}

// TestSchemaBites shows that the schema refuses what is no SARIF log.
func TestSchemaBites(t *testing.T) {
	schema := compile(t)
	for _, text := range []string{
		`{"version":"2.1.0"}`,
		`{"version":"2.1.0","runs":[{"results":[]}]}`,
		`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"x"}},"results":[{"level":"fatal","message":{"text":"m"}}]}]}`,
	} {
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if schema.Validate(value) == nil {
			t.Errorf("accepted: %s", text)
		}
	}
}

func compile(t *testing.T) *jsonschema.Schema {
	t.Helper()
	const name = "sarif-schema-2.1.0.json"
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, read(t, filepath.Join("testdata", name+".gz"))); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(name)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func read(t *testing.T, file string) any {
	t.Helper()
	data, err := os.ReadFile(file)
	if err == nil && filepath.Ext(file) == ".gz" {
		data, err = decompress(data)
	}
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, file, data)
}

func decompress(data []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func parse(t *testing.T, name string, data []byte) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return value
}

func sarifFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	for _, pattern := range []string{"pkg/*/testdata/*.sarif", "cmd/*/testdata/*.sarif"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	return files
}
