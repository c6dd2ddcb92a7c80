package record

import (
	"fmt"

	"caduceus/internal/held"
)

// Dir is where the record lies, Name what it is called there, and Schema its form.
const (
	Dir    = "/run/s6"
	Name   = "boot.json"
	Schema = "caduceus.boot/v1"
)

// Process is one process, which no other can be taken for: the kernel gives a pid again, but not with that start.
type Process struct {
	PID   int   `json:"pid"`
	Start int64 `json:"start"` // clock ticks after the boot of the machine, as in /proc/PID/stat
}

// State is what PID 1 knows of the user's supervisor.
type State string

// The states.
const (
	Up      State = "up"      // it was started, and PID 1 has not seen it end
	Waiting State = "waiting" // it ended, and PID 1 waits before it starts another
)

// Supervisor is the user's supervisor.
type Supervisor struct {
	Process
	Starts int   `json:"starts"` // how many there were, with this one
	State  State `json:"state"`
}

// Boot is the record.
type Boot struct {
	Schema  string      `json:"schema"`
	Version string      `json:"version"`                   // of the init
	Init    Process     `json:"init"`                      // /init, which is PID 1 unless the engine has an init of its own
	User    *Supervisor `json:"user_supervisor,omitempty"` // nil: /init supervises all by itself
}

// Write replaces the record in dir. A reader sees the old one or the new.
func Write(dir string, b Boot) error {
	d, err := held.Open(dir, held.RefuseLinks)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // WriteFile has said what could go wrong
	return d.WriteFile(Name, b.encode(), held.Write{Mode: 0o644})
}

// encode writes JSON by hand: encoding/json would make PID 1 larger by a twentieth.
func (b Boot) encode() []byte {
	user := ""
	if s := b.User; s != nil {
		user = fmt.Sprintf(`,"user_supervisor":{"pid":%d,"start":%d,"starts":%d,"state":%q}`, s.PID, s.Start, s.Starts, string(s.State))
	}
	return fmt.Appendf(nil, `{"schema":%q,"version":%q,"init":{"pid":%d,"start":%d}%s}`+"\n", Schema, b.Version, b.Init.PID, b.Init.Start, user)
}
