package supervise

import (
	"cmp"
	"strings"
	"syscall"

	"caduceus/internal/s6"
)

// causeOf is why the own process ended.
//
// spec: SUP-33, SUP-121
func (r *runner) causeOf(ws syscall.WaitStatus) s6.Cause {
	switch {
	case r.killed && !strings.ContainsAny(r.m.asked, killLetters):
		return s6.Killed
	case !r.m.status.WantUp || strings.ContainsAny(r.m.asked, plannedLetters+killLetters):
		return s6.Asked
	case r.opt.OOMKills() <= r.oomKills:
		return s6.Unasked
	case ws.Signaled() && ws.Signal() == syscall.SIGKILL:
		return s6.OutOfMemory
	}
	return s6.MemoryShort
}

// tally publishes the death of run, and what is known of its cause.
//
// spec: SUP-18, SUP-121
func (r *runner) tally(in input) {
	if in.frozen { // in a stop nobody will ask
		return
	}
	death := s6.DeathOf(r.m.status.Stamp, r.m.status.Wait)
	r.try(s6.TallyFile, r.files.addDeath(death, in.config.TallyLimit))
	r.try(s6.EndsFile, r.files.addEnd(s6.End{Death: death, Cause: cmp.Or(r.cause, s6.Unasked)}))
}

// saveFailure publishes why run was not started.
//
// spec: SUP-28
func (r *runner) saveFailure(f s6.StartFailure) {
	f.Cause = r.startFailure()
	if !f.Next.IsZero() {
		r.warnf("%s; next try in %v", f.Cause, f.Delay)
	}
	r.try(s6.UnstartedFile, replace(r.files.supervise, s6.UnstartedFile, f.Encode()))
}
