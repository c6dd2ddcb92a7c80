package gateway

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"caduceus/internal/front/profile"
)

// APIServer is the agent's name of its API server, which it counts among its platforms.
const APIServer = "api_server"

// grace is how many seconds a start may take.
const grace = 60

// AskedFor reports whether somebody wants this gateway up: the supervisor keeps it up, or the record says so and
// nothing will start it.
func (r Report) AskedFor() bool { return r.Wanted == "up" || r.DownForGood }

// Verdict reports whether a gateway that was asked for is healthy, and why, or why not.
//
// contract: HEALTH-02, HEALTH-05
func (r Report) Verdict() (healthy bool, reason string) {
	switch {
	case r.State == "unsupervised":
		return false, "is not supervised"
	case r.DownForGood:
		return false, "is down for good: " + r.lastEnd()
	case r.CrashLoop != nil:
		return false, "is in a crash loop: " + r.CrashLoop.String() + r.memory()
	case r.StartFailure != nil:
		return false, "does not start: " + r.StartFailure.String()
	case !r.Up() && r.LastExit != "":
		return false, "is " + r.State + ": " + r.lastEnd()
	case !r.Up():
		return false, "is " + r.State
	case r.Logger == "down":
		return false, "has no logger: it stops when the pipe to that is full"
	}
	if reason := r.platformTrouble(); reason != "" {
		return false, reason
	}
	switch r.Agent {
	case "running", "draining", "degraded":
		return true, strings.Join(append([]string{r.Agent}, r.inState("retrying", "retrying ")...), ", ")
	}
	if r.UptimeSeconds <= grace {
		return true, "starts"
	}
	return false, fmt.Sprintf("is up for %d seconds, but the agent says %q", r.UptimeSeconds, r.Agent)
}

// platformTrouble is why the platforms make a gateway unhealthy, or "". What is far away may be gone for a while; the
// API server is in this container.
//
// contract: HEALTH-06
func (r Report) platformTrouble() string {
	fatal := r.inState("fatal", "")
	switch {
	case len(fatal) == 1:
		return "has a fatal platform: " + fatal[0]
	case len(fatal) > 1:
		return "has fatal platforms: " + strings.Join(fatal, ", ")
	case r.Platforms[APIServer] == "retrying":
		return "has no API server: it could not open its port"
	}
	return ""
}

// inState lists the platforms that are in a state, each behind a word and with the code of its error.
func (r Report) inState(state, word string) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(r.Platforms)) {
		if r.Platforms[name] != state {
			continue
		}
		text := word + printable(name)
		if code := r.Errors[name]; code != "" {
			text += " (" + code + ")"
		}
		list = append(list, text)
	}
	return list
}

// Retrying lists the platforms that the gateway cannot reach at present.
func (r Report) Retrying() []string { return r.inState("retrying", "") }

// isWord reports whether a code of an error is one: an error's text could hold a secret.
func isWord(code string) bool {
	return code != "" && len(code) <= 64 && strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// lastEnd is the last end in words.
func (r Report) lastEnd() string {
	if len(r.LastEnds) > 0 && r.LastEnds[0].Exit == r.LastExit {
		return r.LastEnds[0].String()
	}
	return End{Exit: r.LastExit}.String()
}

// memory names a want of memory among the last ends.
func (r Report) memory() string {
	if r.killedForMemory() == 0 {
		return ""
	}
	return ", killed for want of memory (OOM)"
}

// killedForMemory is how many of the last ends were for want of memory.
func (r Report) killedForMemory() int {
	n := 0
	for _, e := range r.LastEnds {
		if e.IsMemory() {
			n++
		}
	}
	return n
}

// Fix is what mends a gateway that is not healthy.
func (r Report) Fix() string {
	verb := func(words string) string { return profile.CommandLine(r.Profile, words) }
	switch {
	case r.State == "unsupervised":
		return "docker restart this container"
	case r.killedForMemory() > 0 && !r.Up():
		return "give the container more memory (docker run --memory=4g) or the agent less to do; then " + verb("gateway restart")
	case r.DownForGood && r.LastExit == fatalConfig:
		return "docker logs this container names the setting; fix it in " + r.Profile + "'s .env or config.yaml, or by docker exec -it hermes " +
			verb("setup") + "; then " + verb("gateway start")
	case r.DownForGood:
		return verb("gateway start") + "; if it is to stay down, " + verb("gateway stop")
	case r.StartFailure != nil:
		return "remove the cause: it starts by itself; " + verb("gateway start") + " tries at once"
	case r.Up() && r.Logger == "down":
		return verb("gateway start") + " starts it"
	case r.Platforms[APIServer] == "retrying", r.Platforms[APIServer] == "fatal":
		return "set API_SERVER_KEY to 16 characters or more, API_SERVER_HOST to an address of the container such as 0.0.0.0, and " +
			"API_SERVER_PORT to a port that nobody else has there; then " + verb("gateway restart")
	}
	return "docker logs this container; then " + verb("gateway restart")
}

// Recent lists the ends that nobody asked for and that are less than a day old, as of now.
func (r Report) Recent(now time.Time) []End {
	var recent []End
	for _, e := range r.LastEnds {
		if !e.expected() && now.Sub(e.At) < 24*time.Hour {
			recent = append(recent, e)
		}
	}
	return recent
}
