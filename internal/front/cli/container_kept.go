package cli

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/spf13/cobra"

	"caduceus/internal/front/command"
	"caduceus/internal/held"
	"caduceus/internal/procfs"
)

// maxProcesses bounds what is read of the agent's list of processes, in bytes.
const maxProcesses = 1 << 20

// agentProcess is an entry of the agent's processes.json: a process in the background, which the next gateway attaches to.
type agentProcess struct {
	PID   int    `json:"pid"`
	Scope string `json:"pid_scope"`       // "host": the pid is one of this container
	Start int64  `json:"host_start_time"` // as procfs.Stat.StartTicks
}

// containerKept is what the finish script of a gateway runs: it prints what the supervisor is to leave alone, a line "PID
// START" for each process.
//
// contract: SLOT-17
func (a *app) containerKept() *cobra.Command {
	cmd := command.New(command.Verb{
		Use: "kept PROFILE", Summary: "Service: which processes of a gateway that ended stay", Hidden: true, Raw: true,
	})
	cmd.RunE = func(_ *cobra.Command, words []string) error {
		if len(words) != 1 {
			return exitCode(2)
		}
		processes, err := kept(a.home.Dir(words[0]))
		if err != nil {
			a.say("nothing that gateway %s left is kept: %v", words[0], err)
		}
		for _, p := range processes {
			a.print("%d %d", p.PID, p.Start)
		}
		return nil
	}
	return cmd
}

// kept lists the processes that the agent has recorded and that are still the same. Without a record there are none.
func kept(home string) ([]agentProcess, error) {
	text, err := held.ReadHead(filepath.Join(home, "processes.json"), maxProcesses)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all, living []agentProcess
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	for _, p := range all {
		stat, err := procfs.Read(procfs.Root, p.PID)
		if err == nil && stat.Living() && stat.StartTicks == p.Start && (p.Scope == "host" || p.Scope == "") {
			living = append(living, p)
		}
	}
	return living, nil
}
