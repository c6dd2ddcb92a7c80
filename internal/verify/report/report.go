package report

import (
	"slices"
	"time"
)

// Schema names the JSON form of a Report.
const Schema = "caduceus.verify/v1"

// Outcome is what became of a check.
type Outcome string

// The four outcomes. Only Holds is a proof.
const (
	Holds        Outcome = "holds"
	Broken       Outcome = "broken"
	NotRun       Outcome = "not-run"        // it needs what is not there
	CouldNotLook Outcome = "could-not-look" // it began and could not see: an engine that failed, a probe that was disturbed
)

// Report is what one run found out about one image.
type Report struct {
	Schema     string    `json:"schema"`
	Tool       Tool      `json:"tool"`
	Image      Image     `json:"image"`
	Engine     Engine    `json:"engine"`
	Started    time.Time `json:"started"`
	Seconds    float64   `json:"seconds" schema:"min=0"`
	Containers int       `json:"containers" schema:"min=0"`
	SelfTest   *SelfTest `json:"self_test,omitempty" schema:"doc=what the checks caught of faults put into this image on purpose"`
	Verdict    Verdict   `json:"verdict"`
	Findings   []Finding `json:"findings" schema:"doc=what the image says of itself, and the probe does not see"`
	Results    []Result  `json:"results"`
}

// Tool is the program that looked.
type Tool struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	Digest   string `json:"digest,omitempty" schema:"doc=SHA-256 of the program"`
	Contract string `json:"contract" schema:"doc=SHA-256 of the list of checks: the same value means the same promises"`
}

// Image is what was looked at.
type Image struct {
	Reference string `json:"reference" schema:"doc=as it was asked for"`
	ID        string `json:"id" schema:"doc=digest of the image's configuration"`
	Platform  string `json:"platform"`
	Variant   string `json:"variant,omitempty"`
}

// Engine is what ran the containers. Without one, Name is "none".
type Engine struct {
	Name    string `json:"name" schema:"enum=docker|podman|none"`
	Version string `json:"version,omitempty"`
	Host    string `json:"host,omitempty"`
}

// SelfTest counts the faults that were put into images derived from the one under test.
type SelfTest struct {
	Faults   int      `json:"faults" schema:"min=0"`
	Caught   int      `json:"caught" schema:"min=0"`
	Survived []string `json:"survived" schema:"doc=faults that every check took for right: this tool proves nothing of them"`
}

// Finding is something to know that breaks no promise.
type Finding struct {
	Object string `json:"object"`
	Saw    string `json:"saw"`
}

// Result is what became of one check.
type Result struct {
	ID       string   `json:"id"`
	Tier     string   `json:"tier" schema:"enum=smoke|core|full|chaos|own|static"`
	Promise  string   `json:"promise"`
	Clauses  []string `json:"clauses"`
	Outcome  Outcome  `json:"outcome" schema:"enum=holds|broken|not-run|could-not-look"`
	Reason   string   `json:"reason,omitempty" schema:"doc=why it did not run or could not look"`
	Waived   bool     `json:"waived,omitempty" schema:"doc=that it did not run was allowed"`
	Breaks   []Break  `json:"breaks,omitempty"`
	Notes    []string `json:"notes,omitempty" schema:"doc=what the check did to its containers, and what it saw"`
	Causes   []Cause  `json:"causes,omitempty" schema:"doc=the usual ones, where it is broken"`
	Layer    *Layer   `json:"layer,omitempty" schema:"doc=the layer that brought what is broken, where that is known"`
	Seconds  float64  `json:"seconds" schema:"min=0"`
	Evidence string   `json:"evidence,omitempty" schema:"doc=folder with logs, processes and state"`
	Repeat   string   `json:"repeat,omitempty" schema:"doc=script that shows it again"`
}

// Break is one clause found broken.
type Break struct {
	Clause string `json:"clause"`
	Saw    string `json:"saw"`
}

// Cause is a usual reason for a broken promise, and what mends it.
type Cause struct {
	Cause string `json:"cause"`
	Fix   string `json:"fix"`
}

// Layer is an entry of the image's history.
type Layer struct {
	Entry     int    `json:"entry" schema:"min=0;doc=index in the history, 0 is the oldest"`
	CreatedBy string `json:"created_by"`
	File      string `json:"file,omitempty" schema:"doc=the Dockerfile, where it was given"`
	Line      int    `json:"line,omitempty" schema:"doc=its line, from 1"`
}

// Slowest returns the n results that took longest, longest first.
func (r Report) Slowest(n int) []Result {
	list := slices.Clone(r.Results)
	slices.SortStableFunc(list, func(a, b Result) int {
		switch {
		case a.Seconds > b.Seconds:
			return -1
		case a.Seconds < b.Seconds:
			return 1
		}
		return 0
	})
	return list[:min(n, len(list))]
}
