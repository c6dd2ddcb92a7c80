package variable

import (
	"slices"

	"caduceus/internal/truth"
)

// Kind says how a value is read.
type Kind string

// The kinds. The first four are switches; the lists are those of package truth.
const (
	Exact  Kind = "exact"  // truth.Exact
	Lower  Kind = "lower"  // truth.Lower
	Loose  Kind = "loose"  // truth.Loose
	Filled Kind = "filled" // any value that is not empty
	Text   Kind = "text"
	Path   Kind = "path"
	Number Kind = "number"
	Millis Kind = "milliseconds"
)

// Part is who reads a variable; the reference has one table for each.
type Part string

// The parts, in the order of the reference.
const (
	Setup     Part = "Setup of users and volume (boot step 01)"
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

// True says whether value means yes for the switch called name. What is no switch is never true.
func True(name, value string) bool {
	at := slices.IndexFunc(All(), func(v Variable) bool { return v.Name == name })
	if at < 0 {
		return false
	}
	switch All()[at].Kind {
	case Exact:
		return truth.Exact(value)
	case Lower:
		return truth.Lower(value)
	case Loose:
		return truth.Loose(value)
	case Filled:
		return value != ""
	}
	return false
}

// On is True for the value that getenv has.
func On(getenv func(string) string, name string) bool { return True(name, getenv(name)) }
