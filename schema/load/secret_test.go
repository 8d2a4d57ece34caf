package load_test

import (
	"strings"
	"testing"
)

// A key is refused wherever it is put, and no message repeats it.
func TestKeysAreNotRepeated(t *testing.T) {
	const secret = "kNotARealOne"
	key := "tskey-" + "client-" + secret
	for name, auth := range map[string]string{
		"as a client ID":          "{workloadIdentity: {clientID: " + key + "}}",
		"as the object":           "{workloadIdentity: " + key + "}",
		"as a path":               "{hostDir: " + key + "}",
		"as an object's name":     "{secretName: " + key + "}",
		"as a number's neighbour": "[5, " + key + "]",
	} {
		t.Run(name, func(t *testing.T) {
			text := edit(t, readExample(t), "    tag: tag:k8s", "    tag: tag:k8s\n    auth: "+auth)
			err := read(t, "topology.yaml", text).Findings.Err()
			if err == nil {
				t.Fatal("a key is accepted")
			}
			if strings.Contains(err.Error(), secret) {
				t.Errorf("it is repeated: %v", err)
			}
		})
	}
}
