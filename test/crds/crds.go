// Package crds holds objects against CustomResourceDefinitions as the API server
// does: the schema, the rules written in CEL, and, as with strict field validation,
// no field that the schema does not know.
//
// It is a module of its own so that the generator does not depend on the API server.
package crds

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"
)

// Set holds the served versions of some definitions, by apiVersion and kind.
type Set map[string]definition

type definition struct {
	schema     *structuralschema.Structural
	validator  validation.SchemaValidator
	cel        *cel.Validator
	deprecated bool
}

// Load reads every definition in a file.
func Load(file string) (Set, error) {
	data, err := ReadCompressed(file)
	if err != nil {
		return nil, err
	}
	set := Set{}
	for _, document := range bytes.Split(data, []byte("\n---\n")) {
		if err := set.add(document); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	}
	return set, nil
}

// ReadCompressed reads a file that gzip has written.
func ReadCompressed(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func (s Set) add(data []byte) error {
	var crd apiextensionsv1.CustomResourceDefinition
	if err := yaml.UnmarshalStrict(data, &crd); err != nil {
		return err
	}
	for _, v := range crd.Spec.Versions {
		if !v.Served {
			continue
		}
		d, err := newDefinition(v)
		if err != nil {
			return err
		}
		s[crd.Spec.Group+"/"+v.Name+" "+crd.Spec.Names.Kind] = d
	}
	return nil
}

func newDefinition(v apiextensionsv1.CustomResourceDefinitionVersion) (definition, error) {
	var props apiextensions.JSONSchemaProps
	if err := apiextensionsv1.Convert_v1_JSONSchemaProps_To_apiextensions_JSONSchemaProps(v.Schema.OpenAPIV3Schema, &props, nil); err != nil {
		return definition{}, err
	}
	schema, err := structuralschema.NewStructural(&props)
	if err != nil {
		return definition{}, err
	}
	validator, _, err := validation.NewSchemaValidator(&props)
	return definition{
		schema:     schema,
		validator:  validator,
		cel:        cel.NewValidator(schema, true, celconfig.PerCallLimit),
		deprecated: v.Deprecated,
	}, err
}

// Serves reports whether there is a definition of the object's kind.
func (s Set) Serves(object map[string]any) bool {
	_, ok := s[kindOf(object)]
	return ok
}

func kindOf(object map[string]any) string {
	return fmt.Sprintf("%v %v", object["apiVersion"], object["kind"])
}

// Check returns what the API server would say against the object.
func (s Set) Check(object map[string]any) error {
	name := kindOf(object)
	d, ok := s[name]
	if !ok {
		return fmt.Errorf("no definition serves %s", name)
	}
	var found []error
	for _, e := range validation.ValidateCustomResource(nil, object, d.validator) {
		found = append(found, e)
	}
	if d.cel != nil {
		failed, _ := d.cel.Validate(context.Background(), nil, d.schema, object, nil, celconfig.RuntimeCELCostBudget)
		for _, e := range failed {
			found = append(found, e)
		}
	}
	unknown := pruning.PruneWithOptions(object, d.schema, true, structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	if len(unknown) > 0 {
		found = append(found, fmt.Errorf("unknown fields: %s", strings.Join(unknown, ", ")))
	}
	return errors.Join(found...)
}

// CheckYAML checks one document.
func (s Set) CheckYAML(document []byte) error {
	var object map[string]any
	if err := yaml.Unmarshal(document, &object); err != nil {
		return err
	}
	return s.Check(object)
}
