package reference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"caduceus/bench/figures"
	"caduceus/internal/front/cli"
	verifier "caduceus/internal/verify/cli"
)

// object is a JSON object that a verb prints, by an example of its Go type.
type object struct {
	file, title, schema string
	value               any
}

// objects lists all that print JSON.
func objects() []object {
	list := []object{{"bench.v1.json", "go tool mage bench -json", figures.Schema, figures.Report{}}}
	for _, o := range cli.JSONObjects() {
		list = append(list, object{o.File, o.Verb, o.Schema, o.Value})
	}
	for _, o := range verifier.JSONObjects() {
		list = append(list, object{o.File, o.Command, o.Schema, o.Value})
	}
	return list
}

// member is one key of a JSON object that keeps its order.
type member struct {
	key   string
	value any
}

type ordered []member

func (o ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q:%s", m.key, value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// schemaFile makes the schema of an object from its Go type: the names and omissions of its json tags,
// and what its schema tags add. Such a tag has parts that ";" separates: min=N, minItems=N, enum=A|B,
// pattern=RE, doc=TEXT.
func schemaFile(o object) ([]byte, error) {
	body, err := structSchema(reflect.TypeOf(o.value), o.schema)
	if err != nil {
		return nil, fmt.Errorf("cannot make schema %q: %w", o.schema, err)
	}
	comment := strings.TrimSuffix(strings.TrimPrefix(Header, "<!-- "), " -->\n\n")
	text, err := json.MarshalIndent(append(ordered{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"$comment", comment}, {"title", o.title},
	}, body...), "", "  ")
	return append(text, '\n'), err
}

// structSchema describes a struct; constant is the value of its field "schema", "" for inner ones.
func structSchema(t reflect.Type, constant string) (ordered, error) {
	var required []string
	var properties ordered
	for _, field := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous || name == "-" {
			continue
		}
		if name == "" {
			return nil, fmt.Errorf("field %s of %s has no json tag", field.Name, t)
		}
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
		if name == "schema" && constant != "" {
			properties = append(properties, member{name, ordered{{"const", constant}}})
			continue
		}
		property, err := typeSchema(field.Type)
		if err == nil {
			property, err = constrain(property, field.Tag.Get("schema"))
		}
		if err != nil {
			return nil, fmt.Errorf("field %s of %s: %w", field.Name, t, err)
		}
		properties = append(properties, member{name, property})
	}
	return ordered{{"type", "object"}, {"required", required}, {"properties", properties}}, nil
}

func typeSchema(t reflect.Type) (ordered, error) {
	if t == reflect.TypeFor[time.Time]() {
		return ordered{{"type", "string"}, {"format", "date-time"}}, nil
	}
	switch t.Kind() {
	case reflect.String:
		return ordered{{"type", "string"}}, nil
	case reflect.Bool:
		return ordered{{"type", "boolean"}}, nil
	case reflect.Int, reflect.Int64:
		return ordered{{"type", "integer"}}, nil
	case reflect.Float64:
		return ordered{{"type", "number"}}, nil
	case reflect.Pointer:
		return typeSchema(t.Elem())
	case reflect.Struct:
		return structSchema(t, "")
	case reflect.Slice:
		items, err := typeSchema(t.Elem())
		return ordered{{"type", "array"}, {"items", items}}, err
	case reflect.Map:
		values, err := typeSchema(t.Elem())
		return ordered{{"type", "object"}, {"additionalProperties", values}}, err
	}
	return nil, fmt.Errorf("no schema for the type %s", t)
}

// constrain adds what a schema tag says.
func constrain(property ordered, tag string) (ordered, error) {
	if tag == "" {
		return property, nil
	}
	for part := range strings.SplitSeq(tag, ";") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "min", "minItems":
			n, err := strconv.Atoi(value)
			if err != nil {
				return nil, fmt.Errorf("cannot read schema tag %q: %w", part, err)
			}
			property = append(property, member{map[string]string{"min": "minimum", "minItems": "minItems"}[key], n})
		case "enum":
			property = append(property, member{"enum", strings.Split(value, "|")})
		case "pattern":
			property = append(property, member{"pattern", value})
		case "doc":
			property = append(property, member{"description", value})
		default:
			return nil, fmt.Errorf("cannot read schema tag %q", part)
		}
	}
	return property, nil
}
