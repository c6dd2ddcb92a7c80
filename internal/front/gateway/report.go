package gateway

import (
	"fmt"
	"time"

	"caduceus/internal/front/profile"
	"caduceus/internal/s6"
)

// Report is what is known about one gateway. Its JSON form is "caduceus.gateway.status/v1".
//
// contract: GW-20
type Report struct {
	Schema        string  `json:"schema"`
	Profile       string  `json:"profile"`
	Slot          string  `json:"slot" schema:"pattern=^gateway-"`
	State         string  `json:"state" schema:"enum=up|down|finishing|unsupervised"`
	Wanted        string  `json:"wanted" schema:"enum=up|down;doc=what the supervisor keeps it at"`
	Intent        string  `json:"intent,omitempty" schema:"enum=up|down;doc=what the operator asked for last"`
	PID           int     `json:"pid" schema:"min=0;doc=0 unless up"`
	UptimeSeconds int64   `json:"uptime_seconds" schema:"min=0;doc=0 unless up"`
	DownSeconds   int64   `json:"down_seconds" schema:"min=0;doc=since the last end"`
	LastExit      string  `json:"last_exit,omitempty" schema:"doc=such as exit code 1 or signal SIGKILL"`
	Restarts      int     `json:"restarts" schema:"min=0;doc=ends since the supervisor knows the slot, at most 100"`
	CrashLoop     *Crash  `json:"crash_loop,omitempty"`
	Agent         string  `json:"agent_state,omitempty" schema:"doc=what the agent says about itself"`
	Platforms     Reports `json:"platforms,omitempty" schema:"doc=the state of each messaging platform"`

	Supervisors *Supervisors `json:"supervisors,omitempty" schema:"doc=who supervises: missing where the init has left no record"`
}

// Supervisors are the processes that supervise the services of the container, as PID 1 has recorded them.
type Supervisors struct {
	Init       int    `json:"init" schema:"min=1;doc=pid of the init which has the services of root"`
	User       int    `json:"user" schema:"min=1;doc=pid of the supervisor of the services of hermes or of the init where one process has all"`
	UserStarts int    `json:"user_starts" schema:"min=0;doc=how often that was started and 0 where one process has all"`
	UserState  string `json:"user_state" schema:"enum=up|waiting;doc=waiting: the next one starts after a pause"`
}

// Reports is the state of each messaging platform, by its name.
type Reports map[string]string

// Crash is a crash loop.
type Crash struct {
	Deaths             int   `json:"deaths"`
	NextStartInSeconds int64 `json:"next_start_in_seconds" schema:"min=0"`
}

// Schema is the value of Report.Schema.
const Schema = "caduceus.gateway.status/v1"

// Up reports whether the gateway is up.
func (r Report) Up() bool { return r.State == "up" }

// Inspect looks at a profile's slot and state files. What cannot be read is left out; a slot that is
// not there is a *MissingError.
func Inspect(d Scandir, home profile.Home, name string, now time.Time) (Report, error) {
	if !d.Has(name) {
		return Report{}, &MissingError{Profile: name}
	}
	dir := d.Dir(name)
	r := Report{Schema: Schema, Profile: name, Slot: profile.SlotPrefix + name, State: "unsupervised", Wanted: "down"}
	if status, err := s6.ReadStatus(dir); err == nil && supervised(dir) {
		r.describe(status, now)
	}
	if deaths, err := s6.ReadTally(dir); err == nil {
		r.Restarts = len(deaths)
	}
	if b, crashing, err := s6.ReadBackoff(dir); err == nil && crashing {
		r.CrashLoop = &Crash{Deaths: b.Fails, NextStartInSeconds: max(0, int64(b.Next.Sub(now).Seconds()))}
	}
	if intent, err := profile.ReadIntent(home.Dir(name)); err == nil {
		r.Intent = string(intent.Want)
	}
	if state, err := profile.ReadState(home.Dir(name)); err == nil {
		r.Agent, r.Platforms = state.Gateway, state.Platforms
	}
	return r, nil
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
