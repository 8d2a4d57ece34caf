package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path"
	"path/filepath"
	"reflect"
	"strings"
)

// kinds are those that the generator renders, by apiVersion and package.
var kinds = []struct {
	apiVersion, pkg string
	kinds           []string
}{
	{"v1", "core/v1", []string{"ConfigMap", "Namespace", "Node", "Pod", "ResourceQuota", "Secret", "Service", "ServiceAccount"}},
	{"apps/v1", "apps/v1", []string{"DaemonSet", "Deployment"}},
	{"batch/v1", "batch/v1", []string{"Job"}},
	{"node.k8s.io/v1", "node/v1", []string{"RuntimeClass"}},
	{"policy/v1", "policy/v1", []string{"PodDisruptionBudget"}},
	{"rbac.authorization.k8s.io/v1", "rbac/v1", []string{"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}},
	{"storage.k8s.io/v1", "storage/v1", []string{"StorageClass"}},
}

// meta are fields of types of k8s.io/apimachinery that are older than every version here.
var meta = map[string][]string{
	"metav1.ObjectMeta":    {"name", "namespace", "labels.*", "annotations.*"},
	"metav1.LabelSelector": {"matchLabels.*", "matchExpressions[].key", "matchExpressions[].operator", "matchExpressions[].values[]"},
}

func kubernetesFields() (record, error) {
	published, err := exec.Command("go", "list", "-m", "-versions", "k8s.io/api").Output()
	if err != nil {
		return record{}, err
	}
	all := strings.Fields(strings.ReplaceAll(string(published), " v", " "))[1:]
	return of(minors(1, 27, 37, 1), func(minor string) (map[string]bool, string, error) {
		version, err := first(all, "0."+strings.TrimPrefix(minor, "1."))
		if err != nil {
			return nil, "", err
		}
		m, err := download("k8s.io/api", "v"+version)
		if err != nil {
			return nil, "", err
		}
		names, err := fieldsOf(m.Dir)
		return names, "k8s.io/api v" + version + " " + m.Sum, err
	})
}

// types are the declarations of the packages of one version, by package and name.
type types map[string]*ast.TypeSpec

func fieldsOf(dir string) (map[string]bool, error) {
	all, names := types{}, map[string]bool{}
	for _, k := range kinds {
		if err := all.read(dir, k.pkg); err != nil {
			return nil, err
		}
	}
	for _, k := range kinds {
		for _, kind := range k.kinds {
			if _, ok := all[k.pkg+"."+kind]; !ok {
				continue // the version lacks it, which is what the record then says
			}
			root := k.apiVersion + " " + kind
			names[root+" apiVersion"], names[root+" kind"] = true, true
			all.fields(ast.NewIdent(kind), k.pkg, root+" ", names)
		}
	}
	return names, nil
}

func (t types) read(dir, pkg string) error {
	files, err := filepath.Glob(filepath.Join(dir, pkg, "*types.go"))
	if err != nil {
		return err
	}
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			if g, ok := d.(*ast.GenDecl); ok {
				for _, s := range g.Specs {
					if s, ok := s.(*ast.TypeSpec); ok {
						t[pkg+"."+s.Name.Name] = s
					}
				}
			}
		}
	}
	return nil
}

// fields adds the paths below at of a type that is written in pkg.
func (t types) fields(e ast.Expr, pkg, at string, names map[string]bool) {
	switch e := e.(type) {
	case *ast.StarExpr:
		t.fields(e.X, pkg, at, names)
	case *ast.ArrayType:
		if id, ok := e.Elt.(*ast.Ident); ok && id.Name == "byte" {
			names[at] = true
			return
		}
		t.fields(e.Elt, pkg, at+"[]", names)
	case *ast.MapType:
		names[at+".*"] = true
	case *ast.SelectorExpr:
		t.selected(e, at, names)
	case *ast.Ident:
		if s, ok := t[pkg+"."+e.Name]; ok {
			t.fields(s.Type, pkg, at, names)
			return
		}
		names[at] = true
	case *ast.StructType:
		for _, f := range e.Fields.List {
			t.field(f, pkg, at, names)
		}
	default:
		names[at] = true
	}
}

// selected is a type of another package: one of these, of the machinery, or a leaf.
func (t types) selected(e *ast.SelectorExpr, at string, names map[string]bool) {
	name := e.X.(*ast.Ident).Name + "." + e.Sel.Name
	for _, f := range meta[name] {
		names[join(at, f)] = true
	}
	if group, version, ok := cutPackage(e.X.(*ast.Ident).Name); ok {
		pkg := path.Join(group, version)
		if s, ok := t[pkg+"."+e.Sel.Name]; ok {
			t.fields(s.Type, pkg, at, names)
			return
		}
	}
	if meta[name] == nil {
		names[at] = true
	}
}

// cutPackage reads the name that corev1 or v1 is imported by: both are k8s.io/api/core/v1.
func cutPackage(name string) (group, version string, ok bool) {
	group, ok = strings.CutSuffix(name, "v1")
	if group == "" {
		group = "core"
	}
	return group, "v1", ok
}

func (t types) field(f *ast.Field, pkg, at string, names map[string]bool) {
	tag := ""
	if f.Tag != nil {
		tag, _, _ = strings.Cut(reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("json"), ",")
	}
	switch {
	case tag == "-":
	case tag == "" && len(f.Names) == 0: // embedded, such as a handler or metav1.TypeMeta
		if s, ok := f.Type.(*ast.SelectorExpr); !ok || s.Sel.Name != "TypeMeta" {
			t.fields(f.Type, pkg, at, names)
		}
	case tag == "status" && !strings.Contains(strings.TrimSuffix(at, " "), "."): // nobody renders it
	default:
		t.fields(f.Type, pkg, join(at, tag), names)
	}
}

func join(at, field string) string {
	if strings.HasSuffix(at, " ") {
		return at + field
	}
	return at + "." + field
}
