package reference

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type inner struct {
	N int `json:"n" schema:"min=1"`
}

type sample struct {
	Schema string            `json:"schema"`
	At     time.Time         `json:"at"`
	Kind   string            `json:"kind,omitempty" schema:"enum=a|b;doc=which one"`
	Inner  *inner            `json:"inner,omitempty"`
	List   []inner           `json:"list" schema:"minItems=1"`
	Map    map[string]string `json:"map"`
	Hidden bool              `json:"-"`
	inner
}

func TestSchemaFileFollowsTheType(t *testing.T) {
	text, err := schemaFile(object{"x.json", "x --json", "x/v1", sample{}})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Required   []string
		Properties map[string]any
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"schema", "at", "list", "map", "n"}, got.Required); diff != "" {
		t.Errorf("required (-want +got):\n%s", diff)
	}
	n := map[string]any{"type": "integer", "minimum": 1.0}
	object := map[string]any{"type": "object", "required": []any{"n"}, "properties": map[string]any{"n": n}}
	want := map[string]any{
		"schema": map[string]any{"const": "x/v1"},
		"at":     map[string]any{"type": "string", "format": "date-time"},
		"kind":   map[string]any{"type": "string", "enum": []any{"a", "b"}, "description": "which one"},
		"inner":  object,
		"list":   map[string]any{"type": "array", "items": object, "minItems": 1.0},
		"map":    map[string]any{"type": "object", "additionalProperties": map[string]any{"type": "string"}},
		"n":      n,
	}
	if diff := cmp.Diff(want, got.Properties); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
}

func TestSchemaFileRefusesWhatItDoesNotKnow(t *testing.T) {
	for name, c := range map[string]struct {
		value any
		says  string
	}{
		"a type": {struct {
			A chan int `json:"a"`
		}{}, "no schema for the type chan int"},
		"a tag": {struct {
			A int `json:"a" schema:"most=7"`
		}{}, `cannot read schema tag "most=7"`},
		"a number": {struct {
			A int `json:"a" schema:"min=x"`
		}{}, `cannot read schema tag "min=x"`},
		"no name": {struct{ A int }{}, "has no json tag"},
		"a type further": {struct {
			A []map[string]func() `json:"a"`
		}{}, "no schema for the type func()"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := schemaFile(object{"x.json", "x", "x/v1", c.value}); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("want an error with %q, got %v", c.says, err)
			}
		})
	}
}
