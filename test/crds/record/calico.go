package main

import (
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

func calicoFields(r repository) (record, error) {
	return of(calicoMinors(), func(minor string) (map[string]bool, string, error) {
		tag, names := "v"+minor+".0", map[string]bool{}
		d, err := r.definitions(tag)
		if err != nil {
			return nil, "", err
		}
		for _, text := range d.files {
			var crd apiextensionsv1.CustomResourceDefinition
			if err := yaml.Unmarshal(text, &crd); err != nil {
				return nil, "", err
			}
			definition(crd, names)
		}
		commit, err := r.git("rev-parse", tag+"^{commit}")
		return names, "projectcalico/calico " + tag + " " + strings.TrimSpace(string(commit)), err
	})
}

func calicoMinors() []string { return minors(3, 24, 32, 1) }

// definition adds the served fields: each path, its type after a colon, and each value that
// it is restricted to after an equals sign.
func definition(crd apiextensionsv1.CustomResourceDefinition, names map[string]bool) {
	for _, v := range crd.Spec.Versions {
		if v.Served {
			root := crd.Spec.Group + "/" + v.Name + " " + crd.Spec.Names.Kind
			names[root+" apiVersion"], names[root+" kind"] = true, true
			for _, f := range meta["metav1.ObjectMeta"] {
				names[root+" metadata."+f] = true
			}
			properties(*v.Schema.OpenAPIV3Schema, root+" ", names)
		}
	}
}

func properties(s apiextensionsv1.JSONSchemaProps, at string, names map[string]bool) {
	switch {
	case len(s.Properties) > 0:
		for name, p := range s.Properties {
			if !strings.HasSuffix(at, " ") || !slices.Contains([]string{"apiVersion", "kind", "metadata", "status"}, name) {
				properties(p, join(at, name), names)
			}
		}
	case s.Items != nil && s.Items.Schema != nil:
		properties(*s.Items.Schema, at+"[]", names)
	case s.AdditionalProperties != nil || s.XPreserveUnknownFields != nil:
		names[at+".*"] = true
	default:
		names[at] = true
		if s.Type != "" {
			names[at+":"+s.Type] = true
		}
		for _, e := range s.Enum {
			names[at+"="+strings.Trim(string(e.Raw), `"`)] = true
		}
	}
}
