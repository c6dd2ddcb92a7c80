package gateway

import (
	"fmt"
	"time"

	"caduceus/internal/front/profile"
	"caduceus/internal/procfs"
	"caduceus/internal/s6"
)

// Report is what is known about one gateway. Its JSON form is "caduceus.gateway.status/v1".
//
// contract: GW-20
type Report struct {
	Schema        string `json:"schema"`
	Profile       string `json:"profile"`
	Slot          string `json:"slot" schema:"pattern=^gateway-"`
	State         string `json:"state" schema:"enum=up|down|finishing|unsupervised"`
	Wanted        string `json:"wanted" schema:"enum=up|down;doc=what the supervisor keeps it at"`
	Intent        string `json:"intent,omitempty" schema:"enum=up|down;doc=what the operator asked for last"`
	PID           int    `json:"pid" schema:"min=0;doc=0 unless up"`
	UptimeSeconds int64  `json:"uptime_seconds" schema:"min=0;doc=0 unless up"`
	DownSeconds   int64  `json:"down_seconds" schema:"min=0;doc=since the last end"`
	LastExit      string `json:"last_exit,omitempty" schema:"doc=such as exit code 1 or signal SIGKILL also while it is up"`
	LastEnds      []End  `json:"last_ends,omitempty" schema:"doc=how the last runs ended: the newest first and at most 10"`
	DownForGood   bool   `json:"down_for_good" schema:"doc=it is recorded as wanted and nothing will start it"`
	Restarts      int    `json:"restarts" schema:"min=0;doc=ends since the supervisor knows the slot, at most 100"`
	CrashLoop     *Crash `json:"crash_loop,omitempty"`

	StartFailure *StartFailure `json:"start_failure,omitempty"`
	Logger       string        `json:"logger,omitempty" schema:"enum=up|down;doc=what writes the output of the gateway: while it is down that waits"`
	Agent        string        `json:"agent_state,omitempty" schema:"doc=what the agent says about itself"`
	Platforms    Reports       `json:"platforms,omitempty" schema:"doc=the state of each messaging platform and of the API server"`
	Errors       Reports       `json:"platform_errors,omitempty" schema:"doc=the code of each platform's last error"`

	HeldBy *HeldBy `json:"held_by,omitempty" schema:"doc=the other container that has the gateways of this volume"`

	Supervisors *Supervisors `json:"supervisors,omitempty" schema:"doc=who supervises: missing where the init has left no record"`
}

// Supervisors are the processes that supervise the services of the container, as PID 1 has recorded them.
type Supervisors struct {
	Init       int    `json:"init" schema:"min=1;doc=pid of the init which has the services of root"`
	User       int    `json:"user" schema:"min=1;doc=pid of the supervisor of the services of hermes or of the init where one process has all"`
	UserStarts int    `json:"user_starts" schema:"min=0;doc=how often that was started and 0 where one process has all"`
	UserState  string `json:"user_state" schema:"enum=up|waiting;doc=waiting: the next one starts after a pause"`
}

// HeldBy is the container that has the gateways of the volume.
type HeldBy struct {
	Container string `json:"container,omitempty" schema:"doc=as the engine prints it where that can be found out"`
	Hostname  string `json:"hostname"`

	Text string `json:"-"` // for people
}

// Reports is the state of each messaging platform, by its name.
type Reports map[string]string

// Crash is a crash loop.
type Crash struct {
	Deaths             int   `json:"deaths"`
	NextStartInSeconds int64 `json:"next_start_in_seconds" schema:"min=0"`
}

// CrashOf is a crash loop, as its supervisor has published it.
func CrashOf(b s6.Backoff, now time.Time) *Crash {
	return &Crash{Deaths: b.Fails, NextStartInSeconds: max(0, int64(b.Next.Sub(now).Seconds()))}
}

// Schema is the value of Report.Schema.
const Schema = "caduceus.gateway.status/v1"

// Up reports whether the gateway is up.
func (r Report) Up() bool { return r.State == "up" }

// Unsupervised is the report about a gateway that nothing here is known of.
func Unsupervised(name string) Report {
	return Report{Schema: Schema, Profile: name, Slot: profile.SlotPrefix + name, State: "unsupervised", Wanted: "down"}
}

// Inspect looks at a profile's slot and state files. What cannot be read is left out; a slot that is
// not there is a *MissingError.
func Inspect(d Scandir, home profile.Home, name string, now time.Time) (Report, error) {
	if !d.Has(name) {
		return Report{}, &MissingError{Profile: name}
	}
	dir := d.Dir(name)
	r := Unsupervised(name)
	if status, err := s6.ReadStatus(dir); err == nil && supervised(dir) {
		r.describe(status, now)
	}
	r.readPast(dir, now)
	r.Logger = loggerState(dir, now)
	state, stateErr := profile.ReadState(home.Dir(name))
	intent, intentErr := profile.ReadIntent(home.Dir(name))
	if intentErr == nil {
		r.Intent = string(intent.Want)
	}
	if stateErr == nil {
		r.listen(state, now)
	}
	wanted := profile.Prior(state, intent, procfs.MachineBoot(procfs.Root)) == profile.Running
	ran := r.LastExit != "" && r.Wanted == "down" && !r.Up()
	r.DownForGood = wanted && (ran || r.State == "unsupervised")
	return r, nil
}

// readPast reads how the gateway ended, and why it does not start.
func (r *Report) readPast(dir string, now time.Time) {
	if deaths, err := s6.ReadTally(dir); err == nil {
		r.Restarts = len(deaths)
	}
	if ends, err := s6.ReadEnds(dir); err == nil {
		r.LastEnds = endsOf(ends)
	}
	if r.LastExit == "" && len(r.LastEnds) > 0 && r.State != "unsupervised" {
		r.LastExit = r.LastEnds[0].Exit
	}
	if b, crashing, err := s6.ReadBackoff(dir); err == nil && crashing {
		r.CrashLoop = CrashOf(b, now)
	}
	if f, failing, err := s6.ReadStartFailure(dir); err == nil && failing && !r.Up() && r.Wanted == "up" {
		r.StartFailure = &StartFailure{Cause: f.Cause, Tries: f.Tries, NextTryInSeconds: max(0, int64(f.Next.Sub(now).Seconds()))}
	}
}

// listen takes over what the agent says about itself. What another process than the one that is up has written, such
// as a boot, a verb or an earlier agent, and what is older than that about a platform, tells nothing of this one.
func (r *Report) listen(state profile.State, now time.Time) {
	if r.Up() && state.PID != r.PID {
		return
	}
	r.Agent, r.Platforms, r.Errors = state.Gateway, Reports{}, Reports{}
	since := now.Add(-time.Duration(r.UptimeSeconds+1) * time.Second)
	for name, p := range state.Platforms {
		if !r.Up() || p.Updated.IsZero() || !p.Updated.Before(since) {
			r.Platforms[name] = p.State
			if isWord(p.Code) {
				r.Errors[name] = p.Code
			}
		}
	}
}

func (r *Report) describe(status s6.Status, now time.Time) {
	if status.WantUp {
		r.Wanted = "up"
	}
	since := max(0, int64(now.Sub(status.Stamp).Seconds()))
	switch {
	case status.Up():
		r.State, r.PID, r.UptimeSeconds = "up", status.Pid, since
		return
	case status.Finishing:
		r.State = "finishing"
	default:
		r.State = "down"
	}
	if status.NotStarted {
		return
	}
	r.DownSeconds = since
	if status.Wait.Signaled() {
		r.LastExit = "signal " + s6.SignalName(status.Wait.Signal())
	} else {
		r.LastExit = fmt.Sprintf("exit code %d", status.Wait.ExitStatus())
	}
}
