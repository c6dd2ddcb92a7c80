package supervise

import (
	"errors"
	"fmt"
	"strings"
	"syscall"

	"caduceus/internal/held"
	"caduceus/internal/pid1/leftovers"
	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/procfs"
	"caduceus/internal/s6"
)

// namedLeftovers bounds the processes that one line names.
const namedLeftovers = 4

// mark lets the leftovers of a process be known, where the service wants them ended.
func (r *runner) mark(child *proc.Child) {
	if r.config.Leftovers > 0 {
		r.try("mark of its processes", leftovers.Mark(child.Pid(), leftovers.MarkOf(r.opt.Name)))
	}
}

// sweep sends a signal to all that run left, TERM only once, and tells the machine whether there was any.
//
// spec: SUP-120
func (r *runner) sweep(sig syscall.Signal, keep bool) {
	service := leftovers.Service{Mark: leftovers.MarkOf(r.opt.Name), Run: r.m.run}
	if keep {
		service.Keep = r.keepList()
	}
	left := leftovers.Of(leftovers.Look(procfs.Root), service)
	if len(left) == 0 {
		r.termed = nil
		if r.m.state != stVanished {
			r.step(evClear, input{})
		}
		return
	}
	if r.termed == nil {
		r.termed = map[leftovers.ID]bool{}
		r.opt.Log.Infof("%s: it left %s: TERM, KILL after %v", log.Name(r.opt.Name), named(left), r.readConfig().Leftovers)
	}
	for _, p := range left {
		if sig == syscall.SIGTERM && r.termed[p.ID] {
			continue
		}
		r.termed[p.ID] = true
		r.endLeftover(p.ID, sig)
	}
	if r.m.state != stVanished { // then nobody looks again
		r.step(evLeft, input{})
	}
}

func (r *runner) endLeftover(id leftovers.ID, sig syscall.Signal) {
	for _, sig := range []syscall.Signal{sig, syscall.SIGCONT} {
		if err := r.opt.Procs.SignalOther(id.Pid, id.Start, sig); err != nil && !errors.Is(err, proc.ErrGone) {
			r.try(s6.KeepFile, err)
		}
	}
}

// keepList is what the service wants to find again when it is back.
func (r *runner) keepList() map[leftovers.ID]bool {
	text, err := r.opt.Dir.WithLinks(held.RefuseLinks).ReadHead(s6.KeepFile, leftovers.MaxKeep)
	if err != nil {
		return nil
	}
	return leftovers.ParseKeep(text)
}

// named are processes for a line.
func named(left []leftovers.Process) string {
	var words []string
	for i, p := range left {
		if i == namedLeftovers {
			words = append(words, fmt.Sprintf("%d more", len(left)-i))
			break
		}
		words = append(words, fmt.Sprintf("%s (pid %d)", log.Name(procfs.Comm(procfs.Root, p.Pid)), p.Pid))
	}
	return strings.Join(words, ", ")
}
