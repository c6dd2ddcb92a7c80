package s6

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"syscall"
	"time"

	"caduceus/internal/held"
)

// Defaults and bounds of the files of a service directory.
const (
	DefaultFinishTimeout = 5 * time.Second
	DefaultTallyLimit    = 100
	MaxTallyLimit        = 4096
	DefaultRestartMax    = 300 * time.Second
	DefaultOutputMax     = 16 << 20 // of a service with output-prefix
	maxSignalLen         = 15
	maxPrefixLen         = 64
	maxConfigSize        = 256
)

// Config is the configuration of a service, one field for each file of its directory.
//
// spec: SUP-24
type Config struct {
	NotificationFD int // 0: none
	LockFD         int // 0: none
	KillTimeout    time.Duration
	FinishTimeout  time.Duration // 0: no limit
	TallyLimit     int           // 0: no tally
	DownSignal     syscall.Signal
	ReloadSignal   syscall.Signal
	KillGroup      bool
	NewPidNS       bool
	RestartMax     time.Duration // longest pause before a restart; 0: no back-off, as in s6
	Leftovers      time.Duration // from TERM to KILL for what a dead run left; 0: it is left alone, as in s6
	OutputPrefix   string        // put before each line of output; "": none
	OutputMax      int           // bytes a minute, for each output stream; 0: no limit
}

// ReadConfig calls read for each file; fs.ErrNotExist stands for a missing one. Descriptor numbers may be up to maxFD.
// For a file that cannot be read or has no valid content, it takes the default and returns a warning.
func ReadConfig(read func(name string) ([]byte, error), maxFD int) (Config, []string) {
	r := configReader{read: read}
	prefix, outputMax := r.prefix("output-prefix"), 0
	if prefix != "" {
		outputMax = DefaultOutputMax
	}
	return Config{
		NotificationFD: r.number("notification-fd", 1, maxFD, 0),
		LockFD:         r.number("lock-fd", 1, maxFD, 0),
		KillTimeout:    r.millis("timeout-kill", 0),
		FinishTimeout:  r.millis("timeout-finish", DefaultFinishTimeout),
		TallyLimit:     r.number("max-death-tally", 0, MaxTallyLimit, DefaultTallyLimit),
		DownSignal:     r.signal("down-signal", syscall.SIGTERM),
		ReloadSignal:   r.signal("reload-signal", syscall.SIGHUP),
		KillGroup:      r.flag("flag-timeout-killpg"),
		NewPidNS:       r.flag("flag-newpidns"),
		RestartMax:     r.millis("restart-max", DefaultRestartMax),
		Leftovers:      r.millis("timeout-leftovers", 0),
		OutputPrefix:   prefix,
		OutputMax:      r.number("output-max", 0, 1<<31-1, outputMax),
	}, r.warnings
}

// ConfigFiles returns the names of the files that ReadConfig reads.
func ConfigFiles() []string {
	var names []string
	ReadConfig(func(name string) ([]byte, error) {
		names = append(names, name)
		return nil, fs.ErrNotExist
	}, 0)
	return names
}

// ReadConfigDir is ReadConfig of a service directory. Another user may own it, so it waits for no fifo and reads no
// more than maxConfigSize bytes of a file.
func ReadConfigDir(dir *held.Dir, maxFD int) (Config, []string) {
	return ReadConfig(func(name string) ([]byte, error) {
		head, err := dir.ReadHead(name, maxConfigSize)
		if errors.Is(err, held.ErrTooLarge) { // only the first line counts
			err = nil
		}
		return head, err
	}, maxFD)
}

type configReader struct {
	read     func(name string) ([]byte, error)
	warnings []string
}

// line is the text up to the first newline.
func (r *configReader) line(name string) (string, bool) {
	b, err := r.read(name)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			r.warnings = append(r.warnings, fmt.Sprintf("%v: default taken", err))
		}
		return "", false
	}
	text, _, _ := bytes.Cut(b, []byte("\n"))
	return string(text), true
}

func (r *configReader) garbage(name, text string) {
	r.warnings = append(r.warnings, fmt.Sprintf("cannot use file %q with content %.20q: default taken", name, text))
}

func (r *configReader) flag(name string) bool {
	_, err := r.read(name)
	return err == nil
}

func (r *configReader) number(name string, low, high, missing int) int {
	text, ok := r.line(name)
	if !ok {
		return missing
	}
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil || int(n) < low || int(n) > high {
		r.garbage(name, text)
		return missing
	}
	return int(n)
}

func (r *configReader) millis(name string, missing time.Duration) time.Duration {
	const none = -1
	n := r.number(name, 0, 1<<31-1, none)
	if n == none {
		return missing
	}
	return time.Duration(n) * time.Millisecond
}

func (r *configReader) signal(name string, missing syscall.Signal) syscall.Signal {
	text, ok := r.line(name)
	if !ok {
		return missing
	}
	sig, ok := ParseSignal(text)
	if !ok || len(text) > maxSignalLen {
		r.garbage(name, text)
		return missing
	}
	return sig
}

func (r *configReader) prefix(name string) string {
	text, _ := r.line(name)
	if len(text) > maxPrefixLen {
		r.garbage(name, text)
		return ""
	}
	return text
}
