package reference

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
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
	Type        any // a name or a list of names
	Enum        []any
	Description string
	Properties  map[string]property
	Items       *property
}

// jsonSchemas reads the schema files.
func jsonSchemas(tree fs.FS) ([]schema, error) {
	names, err := fs.Glob(tree, Dir+"/schema/*.json")
	if err != nil {
		return nil, err
	}
	var found []schema
	for _, name := range names {
		src, err := fs.ReadFile(tree, name)
		if err != nil {
			return nil, err
		}
		s := schema{file: path.Base(name)}
		if err := json.Unmarshal(src, &s); err != nil {
			return nil, fmt.Errorf("cannot read schema %q: %w", name, err)
		}
		found = append(found, s)
	}
	return found, nil
}

func schemaPage(schemas []schema) string {
	var b strings.Builder
	b.WriteString("# JSON objects\n\nEach object names its schema. Fields are added, never renamed; a new meaning gets a new schema.\n")
	for _, s := range schemas {
		fmt.Fprintf(&b, "\n## %s\n\nSchema `%v`, file [schema/%s](schema/%s).\n\n", s.Title, s.Properties["schema"].Const, s.file, s.file)
		row(&b, "field", "type", "always")
		row(&b, "---", "---", "---")
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
		row(b, code(prefix+name), kindOf(p), always)
		rows(b, prefix+name+".", p.Properties, nil)
		if p.Items != nil {
			rows(b, prefix+name+"[].", p.Items.Properties, nil)
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
	}
	if several, ok := p.Type.([]any); ok {
		names := make([]string, len(several))
		for i, v := range several {
			names[i] = fmt.Sprint(v)
		}
		return strings.Join(names, " or ")
	}
	return fmt.Sprint(p.Type)
}
