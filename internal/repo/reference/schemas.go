package reference

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// schema is what the page shows of a JSON schema.
type schema struct {
	file       string
	Title      string
	Required   []string
	Properties map[string]property
}

type property struct {
	Const       any
	Type        string
	Enum        []any
	Description string
	Required    []string
	Properties  map[string]property
	Items       *property
	Additional  *property `json:"additionalProperties"`
}

func readSchema(file string, text []byte) (schema, error) {
	s := schema{file: file}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("cannot read schema %q: %w", file, err)
	}
	return s, nil
}

func schemaPage(schemas []schema) string {
	var b strings.Builder
	b.WriteString("# JSON objects\n\nEach object names its schema. Fields are added, never renamed; a new meaning gets a new schema.\n")
	for _, s := range schemas {
		fmt.Fprintf(&b, "\n## %s\n\nSchema `%v`, file [schema/%s](schema/%s).\n\n", s.Title, s.Properties["schema"].Const, s.file, s.file)
		row(&b, "field", "type", "always", "means")
		row(&b, "---", "---", "---", "---")
		rows(&b, "", s.Properties, s.Required)
	}
	return b.String()
}

func rows(b *strings.Builder, prefix string, of map[string]property, required []string) {
	for _, name := range slices.Sorted(maps.Keys(of)) {
		p := of[name]
		always := ""
		if slices.Contains(required, name) {
			always = "yes"
		}
		row(b, code(prefix+name), kindOf(p), always, cell(p.Description))
		rows(b, prefix+name+".", p.Properties, p.Required)
		if p.Items != nil {
			rows(b, prefix+name+"[].", p.Items.Properties, p.Items.Required)
		}
	}
}

func kindOf(p property) string {
	switch {
	case p.Const != nil:
		return code(fmt.Sprint(p.Const))
	case len(p.Enum) > 0:
		values := make([]string, len(p.Enum))
		for i, v := range p.Enum {
			values[i] = code(fmt.Sprint(v))
		}
		return strings.Join(values, ", ")
	case p.Items != nil:
		return "list of " + kindOf(*p.Items)
	case p.Additional != nil:
		return "object of " + kindOf(*p.Additional)
	}
	return p.Type
}
