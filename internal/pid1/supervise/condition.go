package supervise

import (
	"time"

	"caduceus/internal/launch"
	"caduceus/internal/s6"
)

// settled is how long a run has to live to be called started: one that finds nothing to do ends before that.
const settled = time.Second

// Condition is what the service does at this moment, in one word - ready, started, starting,
// restarting, finishing, down - and why, where only its supervisor knows.
//
// spec: SUP-68
func (s *Service) Condition() (word, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return condition(s.status, time.Now(), s.ups > 0, s.failed, s.unstarted)
}

func condition(st s6.Status, now time.Time, ran, failed bool, unstarted error) (word, why string) {
	switch {
	case st.Up() && st.Ready:
		return "ready", ""
	case st.Up() && now.Sub(st.Stamp) < settled:
		return "starting", ""
	case st.Up():
		return "started", ""
	case st.Finishing:
		return "finishing", launch.Ended(st.Wait)
	case failed:
		return "down", "finish exited 125"
	case unstarted != nil:
		return "down", unstarted.Error()
	case !st.WantUp:
		return "down", ""
	case ran:
		return "restarting", launch.Ended(st.Wait)
	}
	return "starting", ""
}
