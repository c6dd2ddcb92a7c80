//go:build docker

package mutants

import (
	"caduceus/tests/docker/checks"
	"caduceus/tests/mutant"
)

// copyInit puts the mutated init where the good one was.
const copyInit = "COPY --chown=root:root init /init"

// initMutants break one decision of PID 1 each.
func initMutants() []brokenImage {
	closedPipes := []mutant.Edit{{File: "internal/stdio/stdio.go", Old: "case fs.Type == unix.PIPEFS_MAGIC", New: "case false && fs.Type == unix.PIPEFS_MAGIC"}}
	return []brokenImage{
		{
			name: "a supervisor that starts each service once", dockerfile: copyInit,
			init: []mutant.Edit{{File: "internal/pid1/supervise/actions.go", Old: "if t.after(0); t.status.WantUp {", New: "if t.after(0); t.status.WantUp && t.status.NotStarted {"}},
			red:  checks.KillsCheck, clause: "SLOT-05", green: exitsCheck,
		},
		{
			name: "a stop that nobody can tell from a failure", dockerfile: copyInit,
			init: []mutant.Edit{{File: "internal/pid1/stop/leave.go", Old: "code := s.Exit.Final()", New: "code := max(s.Exit.Final(), int(syscall.SIGTERM))"}},
			red:  checks.TermCheck, clause: "BOOT-16", green: exitsCheck,
		},
		{
			name: "a boot that keeps what an earlier start left", dockerfile: copyInit,
			init: []mutant.Edit{{File: "internal/pid1/boot/runtree.go", Old: "return dir.Rename(name, aside)", New: "return nil"}},
			red:  checks.RestartsCheck, clause: "BOOT-03", green: exitsCheck,
		},
		{
			name: "a start that is not tried again", dockerfile: copyInit,
			init: []mutant.Edit{{File: "internal/pid1/supervise/actions.go", Old: "\t\tt.retry()\n", New: "\t\tt.after(0)\n"}},
			red:  checks.ForksCheck, clause: "BOOT-14", green: exitsCheck,
		},
		{
			name: "an init that is larger than what it starts", dockerfile: copyInit,
			init: []mutant.Edit{{File: "internal/pid1/boot/boot.go", Old: "b := newBoot(o)", New: "b := newBoot(o)\n\tballast := make([]byte, 100<<20)\n" +
				"\tfor i := range ballast {\n\t\tballast[i] = 1\n\t}\n\tdefer func() { _ = ballast[len(o.Args)] }()"}},
			red: checks.MemoryCheck, clause: "SLOT-05", green: exitsCheck,
		},
		{
			name: "services that share the main program's stdout", dockerfile: copyInit,
			init: []mutant.Edit{{File: "internal/pid1/boot/takeover.go", Old: "b.kind == cmdline.Program", New: "b.kind == cmdline.Kind(99)"}},
			red:  checks.StdoutCheck, clause: "BOOT-12", green: exitsCheck,
		},
		{
			name: "streams that only root can open", dockerfile: copyInit + "\n" + copyFront, // each of them opens the streams for both
			init: closedPipes, edits: closedPipes,
			red: checks.ByNameCheck, clause: "BOOT-21", green: exitsCheck,
		},
		{
			name: "a boot that is loud on a terminal", dockerfile: copyInit,
			init: []mutant.Edit{{File: "internal/pid1/boot/quiet.go", Old: "return kind != cmdline.Gateway", New: "return false && kind != cmdline.Gateway"}},
			red:  checks.QuietCheck, clause: "BOOT-22", green: exitsCheck,
		},
		{
			name: "a failing boot that keeps silent", dockerfile: copyInit,
			init: []mutant.Edit{{File: "internal/pid1/boot/quiet.go", Old: "if b.quiet {\n\t\tb.Log.Release()", New: "if false {\n\t\tb.Log.Release()"}},
			red:  checks.QuietCheck, clause: "BOOT-22", green: exitsCheck,
		},
	}
}
