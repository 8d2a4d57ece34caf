package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// objects are all examples' objects before a real API server, and what our own may do there.
func (c *checks) objects() error {
	c.check("apply twice changes nothing", func() (string, error) {
		// kubectl says "configured" of a PodDisruptionBudget at any time, because its selector
		// is replaced as a whole; the API server knows whether something has changed.
		before, err := c.applied()
		if err != nil {
			return "", err
		}
		if _, err := c.kubectl("apply -k ."); err != nil {
			return "", err
		}
		after, err := c.applied()
		if err != nil {
			return "", err
		}
		for object, version := range after {
			if before[object] != version {
				return "", fmt.Errorf("%s was changed", object)
			}
		}
		_, err = c.kubectl("diff -k .")
		return fmt.Sprintf("%d objects", len(after)), err
	})
	if err := c.takesExamples(c.ownServer()); err != nil {
		return err
	}
	c.check("RBAC suffices, and has no excess", c.access)
	return nil
}

// applied are the objects of the tree as the API server has them: generation, and a sum of
// the data of those that have no generation.
func (c *checks) applied() (map[string]string, error) {
	out, err := c.kubectl(`get -k . -o jsonpath='{range .items[*]}{.kind}/{.metadata.name} {.metadata.generation} {.data}{"\n"}{end}' 2>/dev/null`)
	versions := map[string]string{}
	for line := range strings.Lines(out) {
		object, version, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		versions[object] = fmt.Sprintf("%x", sha256.Sum256([]byte(version)))
	}
	if err == nil && len(versions) == 0 {
		err = errors.New("the tree has no objects")
	}
	return versions, err
}

// takesExamples asks an API server whether it takes all objects of all examples.
func (c *checks) takesExamples(s server) error {
	if err := c.must("the kinds of Cilium and Calico, v"+s.version, func() (string, error) { return c.kinds(s) }); err != nil {
		return err
	}
	examples, err := filepath.Glob(filepath.Join(c.examples, "*/topology.yaml"))
	if err != nil || len(examples) == 0 {
		return fmt.Errorf("no examples in %s: %w", c.examples, err)
	}
	// An object that is not kept needs its namespace, which is not kept either.
	if _, err := s.kubectl(c, "create namespace "+verifyNamespace); err != nil {
		return err
	}
	defer s.kubectl(c, "delete namespace --wait=false "+verifyNamespace)
	for _, example := range examples {
		name := filepath.Base(filepath.Dir(example))
		c.check("the API server v"+s.version+" takes every object of example "+name, func() (string, error) { return c.accepted(s, name, example) })
	}
	return nil
}

// kinds has the API server know the kinds that the examples' policies are of.
func (c *checks) kinds(s server) (string, error) {
	out, err := c.desk("export KUBECONFIG="+s.kubeconfig+"; for f in "+c.crds+"/cilium-1.17.yaml.gz "+c.crds+"/cilium-1.18.yaml.gz "+c.crds+"/calico-3.30.yaml.gz; do zcat $f; echo; echo ---; done >"+c.file("crds.yaml")+
		"; kubectl apply --server-side --force-conflicts -f "+c.file("crds.yaml")+"; kubectl wait --for=condition=Established crd --all --timeout=60s", "")
	return fmt.Sprintf("%d", strings.Count(out, "condition met")), err
}

// accepted applies a rendered example without keeping it, strictly, and has the kubelet's
// own code read its static pods.
func (c *checks) accepted(s server, name, topology string) (string, error) {
	tree := c.file("examples/" + name)
	if _, err := run(c.tool, "render", topology, "-o", tree); err != nil {
		return "", err
	}
	objects := 0
	for _, build := range []string{tree, filepath.Join(tree, "cluster/verify")} {
		out, err := s.kubectl(c, "apply --dry-run=server --validate=strict -k "+build)
		if err != nil {
			return "", err
		}
		objects += strings.Count(out, " (server dry run)")
	}
	nodes, _ := filepath.Glob(filepath.Join(tree, "cluster/nodes-*.yaml"))
	for _, file := range nodes {
		// By other names: some of them are nodes here.
		if _, err := c.desk("sed 's/^  name: /  name: example-/' "+file+" | KUBECONFIG="+s.kubeconfig+" kubectl create --dry-run=server --validate=strict -f -", ""); err != nil {
			return "", err
		}
		objects++
	}
	var pods []string
	for _, pattern := range []string{"regions/*/gateway/static-pod.yaml", "regions/*/gateway/*/static-pod.yaml"} {
		files, _ := filepath.Glob(filepath.Join(tree, pattern))
		pods = append(pods, files...)
	}
	for _, file := range pods {
		if _, err := s.kubectl(c, "apply --dry-run=server --validate=strict -f "+file); err != nil {
			return "", err
		}
		if _, err := run(s.staticPods, file); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d objects, %d static pods", objects, len(pods)), nil
}

// access asks the API server what the gateways' accounts may do.
func (c *checks) access() (string, error) {
	accounts, err := c.kubectl("-n tailscale get serviceaccounts -o jsonpath='{.items[*].metadata.name}'")
	if err != nil {
		return "", err
	}
	allowed := 0
	for _, account := range strings.Fields(accounts) {
		if account == "default" {
			continue
		}
		can := func(question string) (bool, error) {
			out, err := c.kubectl("auth can-i " + question + " --as=system:serviceaccount:tailscale:" + account)
			if strings.HasSuffix(out, "yes") {
				return true, nil
			}
			if strings.Contains(out, "no") {
				return false, nil
			}
			return false, err
		}
		hosts := []string{"edge-1", "edge-2"}
		if account != "gateway-cloud" {
			hosts = nil
		}
		for _, host := range hosts {
			secret, err := c.stateSecret(host)
			if err != nil {
				return "", err
			}
			for _, verb := range []string{"get", "update", "patch"} {
				if yes, err := can(verb + " secrets/" + secret + " -n tailscale"); err != nil || !yes {
					return "", fmt.Errorf("%s may not %s its state %s: %v", account, verb, secret, err)
				}
				allowed++
			}
		}
		for _, question := range []string{"list secrets -n tailscale", "get secrets -n tailscale", "get secrets -n kube-system", "list nodes", "create pods -n tailscale",
			"get pods -n kube-system", "delete secrets -n tailscale", "create clusterrolebindings", "'*' '*'"} {
			if yes, err := can(question); err != nil || yes {
				return "", fmt.Errorf("%s may %s: %v", account, question, err)
			}
		}
	}
	if allowed == 0 {
		return "", fmt.Errorf("no account of a gateway's was asked about: %q", accounts)
	}
	return fmt.Sprintf("%d things allowed that are needed, and none of 9 that are not", allowed), nil
}

// stateSecret is where a gateway's pod keeps its state.
func (c *checks) stateSecret(host string) (string, error) {
	out, err := c.kubectl("-n tailscale get secrets -o name")
	if err != nil {
		return "", err
	}
	for _, name := range strings.Fields(out) {
		if strings.HasSuffix(name, host) {
			return strings.TrimPrefix(name, "secret/"), nil
		}
	}
	return "", fmt.Errorf("no Secret of %s among %q", host, out)
}

// write writes one of the desk's files.
func (c *checks) write(name, text string) error {
	return os.WriteFile(c.file(name), []byte(text), 0o644)
}
