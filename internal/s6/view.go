package s6

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// View is all that s6-svstat prints about a service.
type View struct {
	Status
	NormallyUp bool
	Deaths     int // entries of the death tally
	Crashing   bool
	Next       time.Time // next start of a crash loop
	Now        time.Time
}

// ReadView reads a View from a service directory. now is the time from which its durations are counted.
func ReadView(dir string, now time.Time) (View, error) {
	status, err := ReadStatus(dir)
	if err != nil {
		return View{}, err
	}
	normallyUp, err := NormallyUp(dir)
	if err != nil {
		return View{}, err
	}
	deaths, err := ReadTally(dir)
	if err != nil {
		return View{}, err
	}
	// If the backoff file cannot be read, the rest is still worth showing.
	backoff, crashing, _ := ReadBackoff(dir)
	return View{
		Status: status, NormallyUp: normallyUp, Deaths: len(deaths),
		Crashing: crashing, Next: backoff.Next, Now: now,
	}, nil
}

// Line returns the line of s6-svstat 2.11, which has no "down (not started yet)": that is ours.
//
// spec: SUP-95
func (v View) Line(numericSignals bool) string {
	var b strings.Builder
	switch {
	case v.Up():
		fmt.Fprintf(&b, "up (pid %d) %d seconds", v.Pid, v.since(v.Stamp))
	case v.NotStarted:
		b.WriteString("down (not started yet)")
	default:
		fmt.Fprintf(&b, "down (%s) %d seconds", v.death(numericSignals), v.since(v.Stamp))
	}
	up := v.Up()
	for _, part := range []struct {
		text string
		show bool
	}{
		{", normally down", up && !v.NormallyUp},
		{", normally up", !up && v.NormallyUp},
		{", paused", up && v.Paused},
		{", want down", up && !v.WantUp},
		{", want up", !up && v.WantUp},
	} {
		if part.show {
			b.WriteString(part.text)
		}
	}
	if v.Ready && !v.NotStarted {
		fmt.Fprintf(&b, ", ready %d seconds", v.since(v.ReadyStamp))
	}
	return b.String()
}

func (v View) death(numeric bool) string {
	switch {
	case !v.Wait.Signaled():
		return fmt.Sprintf("exitcode %d", v.Wait.ExitStatus())
	case numeric:
		return fmt.Sprintf("signal %d", v.Wait.Signal())
	default:
		return "signal " + SignalName(v.Wait.Signal())
	}
}

func (v View) since(t time.Time) int64 {
	return max(0, int64(v.Now.Sub(t)/time.Second))
}

// Fields returns the names that Field takes, in the order of the usage line.
func Fields() []string {
	return strings.Fields("up wantedup normallyup ready paused pid pgid exitcode signal signum " +
		"updownsince readysince updownfor readyfor restarts crashloop nextstart")
}

// Field returns the value of a field of s6-svstat -o, and reports whether there is such a field.
//
// contract: SVC-04
func (v View) Field(name string) (string, bool) {
	switch name {
	case "up":
		return strconv.FormatBool(v.Up()), true
	case "wantedup":
		return strconv.FormatBool(v.WantUp), true
	case "normallyup":
		return strconv.FormatBool(v.NormallyUp), true
	case "ready":
		return strconv.FormatBool(v.Up() && v.Ready), true
	case "paused":
		return strconv.FormatBool(v.Paused), true
	case "pid":
		return v.ifUp(v.Pid), true
	case "pgid":
		return v.ifUp(v.PGID), true
	case "updownsince":
		return StampOf(v.Stamp).String(), true
	case "readysince":
		return StampOf(v.ReadyStamp).String(), true
	case "updownfor":
		return strconv.FormatInt(v.since(v.Stamp), 10), true
	case "readyfor":
		return strconv.FormatInt(v.since(v.ReadyStamp), 10), true
	}
	return v.deathField(name)
}

func (v View) deathField(name string) (string, bool) {
	dead := !v.Up()
	switch name {
	case "exitcode":
		if dead && v.Wait.Exited() {
			return strconv.Itoa(v.Wait.ExitStatus()), true
		}
		return "-1", true
	case "signal":
		if dead && v.Wait.Signaled() {
			return SignalName(v.Wait.Signal()), true
		}
		return "NA", true
	case "signum":
		if dead && v.Wait.Signaled() {
			return strconv.Itoa(int(v.Wait.Signal())), true
		}
		return "-1", true
	case "restarts":
		return strconv.Itoa(v.Deaths), true
	case "crashloop":
		return strconv.FormatBool(v.Crashing), true
	case "nextstart":
		if v.Crashing && dead && v.WantUp {
			return StampOf(v.Next).String(), true
		}
		return "NA", true
	}
	return "", false
}

func (v View) ifUp(n int) string {
	if !v.Up() {
		return "-1"
	}
	return strconv.Itoa(n)
}
