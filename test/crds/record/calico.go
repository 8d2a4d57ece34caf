package main

import (
	"path"
	"slices"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"sigs.k8s.io/yaml"
)

// calicoKinds are the plurals of the kinds that are rendered, and of those that policies edit.
var calicoKinds = []string{"felixconfigurations", "globalnetworkpolicies", "globalnetworksets", "ippools"}

func calicoFields(r repository) (record, error) {
	return of(minors(3, 24, 32, 1), func(minor string) (map[string]bool, string, error) {
		tag, names := "v"+minor+".0", map[string]bool{}
		files, err := r.files(tag, "libcalico-go/config/crd")
		if err != nil {
			return nil, "", err
		}
		native, err := r.files(tag, "api/config/crd")
		if err != nil {
			return nil, "", err
		}
		for _, f := range append(files, native...) {
			_, plural, _ := strings.Cut(strings.TrimSuffix(path.Base(f), ".yaml"), "_")
			if !slices.Contains(calicoKinds, plural) {
				continue
			}
			text, err := r.git("show", tag+":"+f)
			if err != nil {
				return nil, "", err
			}
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
