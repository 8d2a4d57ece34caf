package existing

import (
	"fmt"
	"strings"

	"github.com/kustomize-hybrid/kustomize-hybrid/pkg/diag"
)

// misshapen reports where the object has something else than the field's path says, whose steps
// are mappings, behind "[]" lists of what follows, and at the end text: "spec.cidrs[]", or
// "items[]." for a list of mappings. What is missing, or null, is not there; anything else the
// API server would have refused, so it comes from a file that somebody wrote, and would be
// passed over in silence.
func (o *Object) misshapen(v any, at, field string) diag.List {
	if v == nil {
		return nil
	}
	if rest, ok := strings.CutPrefix(field, "[]"); ok {
		list, ok := v.([]any)
		if !ok {
			return o.shapeFault(at, v, "a list")
		}
		var found diag.List
		for i, e := range list {
			found = append(found, o.misshapen(e, diag.Index(at, i), rest)...)
		}
		return found
	}
	if field == "" {
		if _, ok := v.(string); !ok {
			return o.shapeFault(at, v, "text")
		}
		return nil
	}
	mapping, ok := v.(map[string]any)
	if !ok {
		return o.shapeFault(at, v, "a mapping")
	}
	field = strings.TrimPrefix(field, ".")
	if field == "" {
		return nil
	}
	end := strings.IndexAny(field, ".[")
	if end < 0 {
		end = len(field)
	}
	return o.misshapen(mapping[field[:end]], diag.Field(at, field[:end]), field[end:])
}

func (o *Object) shapeFault(at string, v any, wanted string) diag.List {
	is := fmt.Sprintf("%v", v)
	switch v := v.(type) {
	case map[string]any:
		is = "a mapping"
	case []any:
		is = "a list"
	case string:
		is = fmt.Sprintf("the text %q", v)
	}
	return diag.List{o.finding(diag.Error, CodeObjectInvalid, at, "%s of %s is %s, and must be %s", at, o.ID(), is, wanted).
		Fix("write %s, or leave it out", wanted)}
}
