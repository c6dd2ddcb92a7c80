package measure

import (
	"encoding/json"
	"fmt"
	"os"

	"caduceus/internal/rig"
)

// taskEnv carries a task to the program that this package starts once more.
const taskEnv = "BENCH_TASK"

// task is what that program is to do: one of these.
type task struct {
	Watch []string `json:",omitempty"` // files
	Trace *trial   `json:",omitempty"`
}

// trial is an init to trace.
type trial struct {
	Root  rig.Root
	Entry rig.Entry
	Cmd   string // path of CMD outside the root
}

// Enter turns this process into what this package started it for, and never returns then. Otherwise
// it does nothing.
func Enter() {
	rig.Enter()
	text, ok := os.LookupEnv(taskEnv)
	if !ok {
		return
	}
	var t task
	err := json.Unmarshal([]byte(text), &t)
	switch {
	case err != nil:
	case t.Trace != nil:
		err = trace(*t.Trace)
	default:
		err = watcher(t.Watch)
	}
	code := 0
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 2
	}
	os.Exit(code) //nolint:forbidigo // this process is no program of the user's: nobody is to go on
}
