package figures

import "fmt"

// The subjects that figures are compared with: those of inits with Anchor, those of containers of our image with Before,
// an earlier image, but for RunTrue, BootFull and HealthExec.
const (
	Anchor     = "tini"
	Before     = "before"
	TiniInside = "tini in it"
	UsedVolume = "used volume"
	ExecTrue   = "exec true"
)

// Target is what a figure of our init should be. The zero value is none.
type Target struct {
	AtLeast float64 `json:"at_least,omitempty"`
	AtMost  float64 `json:"at_most"`
	Ratio   bool    `json:"ratio" schema:"doc=of the median to that of the anchor, else the median itself"`
	Beyond  bool    `json:"beyond,omitempty" schema:"doc=the median less that of the anchor, else the median itself"`
}

// Measure is one row of the table.
type Measure struct {
	ID     string
	Title  string
	Unit   string // "ms", "kB", "%", or "" for a count
	Target *Target
	Anchor string
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
	BootUsed     = "boot-used"
	BootFull     = "boot-full"
	RunTrue      = "run-true"
	StopImage    = "stop-image"
	IdleCPU      = "idle-cpu"
	HealthExec   = "health-exec"
)

// PSSImage returns the ID of the proportional set size of all supervisors of a container with that load.
func PSSImage(l Load) string { return fmt.Sprintf("pss-image-%d", l) }

// Processes returns the ID of the number of processes with that load.
func Processes(l Load) string { return fmt.Sprintf("processes-%d", l) }

// PSS returns the ID of the proportional set size with that load.
func PSS(l Load) string { return fmt.Sprintf("pss-%d", l) }

// Measures returns all rows, in their order: first those of inits, then those of containers.
//
// spec: SUP-100
func Measures() []Measure {
	const (
		basePSS    = 3000 // kB
		servicePSS = 30
	)
	rows := []Measure{
		{Start, "PID 1 start to CMD", "ms", &Target{AtMost: 1.5, Ratio: true}, Anchor},
		{Start5, "PID 1 start to CMD, 5 services", "ms", nil, Anchor},
		{Created, "processes created up to CMD", "", &Target{AtMost: 2}, Anchor},
		{CreatedAfter, "processes created after CMD", "", &Target{AtMost: 0}, Anchor},
		{Threads, "threads of PID 1 at CMD", "", &Target{AtLeast: 16, AtMost: 24}, Anchor},
		{Stop0, "idle stop", "ms", &Target{AtMost: 1.2, Ratio: true}, Anchor},
		{Stop5, "idle stop, 5 services", "ms", &Target{AtMost: 1.2, Ratio: true}, Anchor},
		{Orphans, "1000 orphans reaped", "ms", &Target{AtMost: 1.1, Ratio: true}, Anchor},
		{Restart, "restart after kill -9", "ms", &Target{AtLeast: 1000, AtMost: 1100}, Anchor},
		{RestartReady, "the same, ready 1 s before", "ms", &Target{AtMost: 100}, Anchor},
	}
	for _, l := range Loads() {
		rows = append(rows, Measure{Processes(l), fmt.Sprintf("processes, %d services", l), "", &Target{AtMost: 1}, Anchor})
	}
	for _, l := range Loads() {
		rows = append(rows, Measure{PSS(l), fmt.Sprintf("PSS, %d services", l), "kB", &Target{AtMost: basePSS + servicePSS*float64(l)}, Anchor})
	}
	return append(rows,
		Measure{Size, "stripped programs", "kB", &Target{AtMost: 3300}, Anchor},
		Measure{BootEmpty, "image to CMD, empty volume", "ms", nil, Before},
		Measure{BootUsed, "image to CMD, used volume", "ms", &Target{AtMost: 20, Beyond: true}, Before},
		Measure{RunTrue, "a container of the image that runs true, used volume", "ms", &Target{AtMost: 120, Beyond: true}, TiniInside},
		Measure{BootFull, "image to CMD, 100000 files", "ms", &Target{AtMost: 600, Beyond: true}, UsedVolume},
		Measure{StopImage, "image, idle stop", "ms", &Target{AtMost: 1, Ratio: true}, Before},
		Measure{PSSImage(5), "PSS of both supervisors, 5 services", "kB", &Target{AtMost: 6000}, Before},
		Measure{PSSImage(200), "PSS of both supervisors, 200 services", "kB", &Target{AtMost: 12000}, Before},
		Measure{IdleCPU, "CPU of both in an idle minute, 5 services", "%", &Target{AtMost: 0.05}, Before},
		Measure{HealthExec, "engine's exec of the health check", "ms", &Target{AtMost: 2, Ratio: true}, ExecTrue}, // its own share is at most the engine's
	)
}
