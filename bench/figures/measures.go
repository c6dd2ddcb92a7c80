package figures

import "fmt"

// Anchor is the subject that ratios are to, but in the row of HealthExec: there it is ExecTrue.
const (
	Anchor   = "tini"
	ExecTrue = "exec true"
)

// Target is what a figure of our init should be. The zero value is none.
type Target struct {
	AtLeast float64 `json:"at_least,omitempty"`
	AtMost  float64 `json:"at_most"`
	Ratio   bool    `json:"ratio" schema:"doc=of the median to that of the anchor, else the median itself"`
}

// Measure is one row of the table.
type Measure struct {
	ID     string
	Title  string
	Unit   string // "ms", "kB", or "" for a count
	Target *Target
	Anchor string // of its ratios; "": that of the report
}

// Load is how many services the footprint is taken with.
type Load int

// Loads of the rows about processes and memory.
func Loads() []Load { return []Load{0, 1, 5, 50, 200} }

// IDs of measures.
const (
	Start        = "start"
	Start5       = "start-5"
	Created      = "created"
	CreatedAfter = "created-after"
	Threads      = "threads"
	Stop0        = "stop-0"
	Stop5        = "stop-5"
	Orphans      = "orphans"
	Restart      = "restart"
	RestartReady = "restart-ready"
	Size         = "size"
	BootEmpty    = "boot-empty"
	BootFull     = "boot-full"
	HealthExec   = "health-exec"
)

// Processes returns the ID of the number of processes with that load.
func Processes(l Load) string { return fmt.Sprintf("processes-%d", l) }

// PSS returns the ID of the proportional set size with that load.
func PSS(l Load) string { return fmt.Sprintf("pss-%d", l) }

// Measures returns all rows, in their order.
//
// spec: SUP-100
func Measures() []Measure {
	const (
		basePSS    = 3000 // kB
		servicePSS = 30
	)
	rows := []Measure{
		{Start, "PID 1 start to CMD", "ms", &Target{AtMost: 1.5, Ratio: true}, ""},
		{Start5, "PID 1 start to CMD, 5 services", "ms", nil, ""},
		{Created, "processes created up to CMD", "", &Target{AtMost: 2}, ""},
		{CreatedAfter, "processes created after CMD", "", &Target{AtMost: 0}, ""},
		{Threads, "threads of PID 1 at CMD", "", &Target{AtLeast: 16, AtMost: 24}, ""},
		{Stop0, "idle stop", "ms", &Target{AtMost: 1.2, Ratio: true}, ""},
		{Stop5, "idle stop, 5 services", "ms", &Target{AtMost: 1.2, Ratio: true}, ""},
		{Orphans, "1000 orphans reaped", "ms", &Target{AtMost: 1.1, Ratio: true}, ""},
		{Restart, "restart after kill -9", "ms", &Target{AtLeast: 1000, AtMost: 1100}, ""},
		{RestartReady, "the same, ready 1 s before", "ms", &Target{AtMost: 100}, ""},
	}
	for _, l := range Loads() {
		rows = append(rows, Measure{Processes(l), fmt.Sprintf("processes, %d services", l), "", &Target{AtMost: 1}, ""})
	}
	for _, l := range Loads() {
		rows = append(rows, Measure{PSS(l), fmt.Sprintf("PSS, %d services", l), "kB", &Target{AtMost: basePSS + servicePSS*float64(l)}, ""})
	}
	return append(rows,
		Measure{Size, "stripped programs", "kB", &Target{AtMost: 3000}, ""},
		Measure{BootEmpty, "image to CMD, empty volume", "ms", nil, ""},
		Measure{BootFull, "image to CMD, 100000 files", "ms", nil, ""},
		Measure{HealthExec, "engine's exec of the health check", "ms", &Target{AtMost: 2, Ratio: true}, ExecTrue}, // its own share is at most the engine's
	)
}
