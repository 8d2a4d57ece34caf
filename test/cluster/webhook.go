package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"strings"
	"time"
)

// webhookName is what this program is called as, in a pod, to be an admission webhook.
const webhookName = "webhook"

// serveWebhook refuses every ConfigMap, and says where it runs.
func serveWebhook() error {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		var review struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Request    struct {
				UID string `json:"uid"`
			} `json:"request"`
		}
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{"apiVersion": review.APIVersion, "kind": review.Kind, "response": map[string]any{
			"uid": review.Request.UID, "allowed": false, "status": map[string]any{"message": "refused on " + os.Getenv("NODE")},
		}})
	})
	return http.ListenAndServeTLS(":8443", "/tls/tls.crt", "/tls/tls.key", nil)
}

// newCertificate is of a name, signed by itself.
func newCertificate(name string) (certificate, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, nil, err
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw}), nil
}

// webhook has the API server ask a pod on a site's plain node.
func (c *checks) webhook() error {
	c.check("the API server calls an admission webhook on gpu-3", func() (string, error) {
		certificate, key, err := newCertificate("webhook.default.svc")
		if err != nil {
			return "", err
		}
		for name, data := range map[string][]byte{"tls.crt": certificate, "tls.key": key} {
			if err := os.WriteFile(c.file(name), data, 0o600); err != nil {
				return "", err
			}
		}
		manifest := strings.ReplaceAll(machineFile("webhook.yaml"), "CERTIFICATE", base64.StdEncoding.EncodeToString(certificate))
		if err := os.WriteFile(c.file("webhook.yaml"), []byte(manifest), 0o644); err != nil {
			return "", err
		}
		for _, command := range []string{
			"create secret tls webhook --cert=" + c.file("tls.crt") + " --key=" + c.file("tls.key"),
			"create namespace asked", "apply -f " + c.file("webhook.yaml"), "wait --for=condition=Ready pod/webhook --timeout=60s",
		} {
			if _, err := c.kubectl(command); err != nil {
				return "", err
			}
		}
		defer c.kubectl("delete -f " + c.file("webhook.yaml") + " --wait=false")
		err = await(20*time.Second, "the webhook", func() error {
			_, err := c.kubectl("-n asked create configmap one")
			if err == nil {
				return fmt.Errorf("nobody refuses")
			}
			if !strings.Contains(err.Error(), "refused on gpu-3") {
				return err
			}
			return nil
		})
		return "it refuses, and says where it runs", err
	})
	return nil
}
