package variables

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"caduceus/internal/env"
)

// Kind is how a value is read.
type Kind string

// The kinds, as those of internal/env. The first four are switches.
const (
	Exact  Kind = "exact"
	Lower  Kind = "lower"
	Loose  Kind = "loose"
	Filled Kind = "filled"
	Text   Kind = "text"
	Path   Kind = "path"
	Number Kind = "number"
	Millis Kind = "milliseconds"
)

// Switch reports whether the variable means yes or no.
func (k Kind) Switch() bool { return slices.Contains([]Kind{Exact, Lower, Loose, Filled}, k) }

// Part is who reads a variable; the reference has one table for each.
type Part string

// The parts, in the order of the reference.
const (
	Setup     Part = "Setup of users and volume (boot script 01)"
	Gateways  Part = "Gateways, profiles and the main program"
	Dashboard Part = "Dashboard"
	API       Part = "API server"
	Tools     Part = "Tools at run time"
	Bridge    Part = "WhatsApp bridge"
	Init      Part = "Init"
	Image     Part = "Set by the image"
	Inner     Part = "Set inside the container"
	Build     Part = "Build, tests and publication"
)

// Variable is one row of the table.
type Variable struct {
	Name    string
	Part    Part
	Kind    Kind
	Default string // "": unset
	Text    string // one sentence
	Agent   bool   // the agent's own; the image only passes it on
}

// Parts lists the parts in the order of the reference.
func Parts() []Part {
	return []Part{Setup, Gateways, Dashboard, API, Tools, Bridge, Init, Image, Inner, Build}
}

// All lists the variables, part by part.
func All() []Variable {
	return slices.Concat(
		inPart(Setup, setup()), inPart(Gateways, gateways()), inPart(Dashboard, dashboard()), inPart(API, api()),
		inPart(Tools, tools()), inPart(Bridge, bridge()), inPart(Init, initial()), inPart(Image, image()),
		inPart(Inner, inner()), inPart(Build, build()),
	)
}

func inPart(p Part, list []Variable) []Variable {
	for i := range list {
		list[i].Part = p
	}
	return list
}

// row is a variable and its sentence. One that no program of ours reads is declared on the spot.
func row(v env.Variable, text string) Variable {
	_, def, _ := strings.Cut(reflect.ValueOf(v).String(), "=")
	return Variable{Name: v.String(), Kind: kindOf(v), Default: def, Text: text}
}

// agents is the row of a variable that the agent alone reads.
func agents(v env.Variable, text string) Variable {
	r := row(v, text)
	r.Agent = true
	return r
}

func kindOf(v env.Variable) Kind {
	switch v.(type) {
	case env.Exact:
		return Exact
	case env.Lower:
		return Lower
	case env.Loose:
		return Loose
	case env.Filled:
		return Filled
	case env.Text:
		return Text
	case env.Path:
		return Path
	case env.Number:
		return Number
	case env.Millis:
		return Millis
	}
	panic(fmt.Sprintf("%s has no kind", v))
}
