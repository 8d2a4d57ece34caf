// Package decoded reads fields of documents of others, as encoding/json decodes them into an any. A
// field that is missing and one that is of another kind are the same: nothing is there.
package decoded

import "fmt"

// Dig walks down mappings; nil where there is nothing.
func Dig(v any, keys ...string) any {
	for _, key := range keys {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}

// Text is the string below v; empty where there is none.
func Text(v any, keys ...string) string {
	s, _ := Dig(v, keys...).(string)
	return s
}

// Word is the string below v, or what stands where one belongs, such as a number; empty where there
// is a mapping, a list or nothing.
func Word(v any, keys ...string) string {
	switch v := Dig(v, keys...).(type) {
	case nil, map[string]any, []any:
		return ""
	default:
		return fmt.Sprint(v)
	}
}

// Items is the list below v; nil where there is none.
func Items(v any, keys ...string) []any {
	list, _ := Dig(v, keys...).([]any)
	return list
}
