package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
	"time"

	"caduceus/internal/front/profile"
	"caduceus/internal/s6"
)

// Verb is a request about a gateway.
type Verb string

// The requests, and what they are to s6-svc.
const (
	Start   Verb = "start"
	Stop    Verb = "stop"
	Restart Verb = "restart"
)

// letters are the options of s6-svc. A restart also wants the slot up, so that one that is down starts.
//
// contract: SLOT-08
func (v Verb) letters() string {
	switch v {
	case Stop:
		return "-d"
	case Restart:
		return "-tu"
	}
	return "-u"
}

func (v Verb) want() profile.Want {
	if v == Stop {
		return profile.Down
	}
	return profile.Up
}

// MissingError is the error about a profile without a slot.
//
// contract: GW-10
type MissingError struct{ Profile string }

func (e *MissingError) Error() string {
	return fmt.Sprintf("no such gateway '%s': register it with `hermes profile create %s` first, "+
		"or pass an existing profile name via `-p <name>`", e.Profile, e.Profile)
}

// SvcError is the error of an s6-svc that did not take a request.
//
// contract: GW-11
type SvcError struct {
	Profile string
	Verb    Verb
	Code    int // its exit code; -1 if it did not run or did not end in time
	Stderr  string
}

func (e *SvcError) Error() string {
	text := fmt.Sprintf("s6-svc %s on '%s%s' failed (rc=%d)", e.Verb, profile.SlotPrefix, e.Profile, e.Code)
	if e.Stderr != "" {
		text += ": " + e.Stderr
	}
	return text
}

// UnrecordedError is the error about a request that was obeyed and is not on record.
//
// contract: STATE-04
type UnrecordedError struct {
	Profile string
	Verb    Verb
	Err     error
}

func (e *UnrecordedError) Error() string {
	return fmt.Sprintf("gateway '%s' obeys %s, but that it is wanted %s could not be recorded: %s; the next boot may undo it: make room, "+
		"or fix the volume, and repeat the command", e.Profile, e.Verb, e.Verb.want(), strings.ReplaceAll(e.Err.Error(), "\n", "; "))
}

// Control starts and stops gateways of one container.
type Control struct {
	Scandir Scandir
	Home    profile.Home
	Svc     string           // the s6-svc program
	Now     func() time.Time // when a request is made
	Warn    func(error)      // what did not keep the request from being obeyed
}

// Do obeys a request: it records the intent, marks a stop as planned, sends the control letter, and waits
// until the supervisor has taken the letter up, but not until the gateway is up or down. For a slot without
// a profile's directory there is nothing to record. The error is a *MissingError, a *SvcError, or a *UnrecordedError.
//
// contract: GW-08
func (c Control) Do(ctx context.Context, verb Verb, name string) error {
	if !c.Scandir.Has(name) {
		return &MissingError{Profile: name}
	}
	dir, now := c.Home.Dir(name), c.Now()
	unrecorded := profile.Record(dir, verb.want(), now) // a full disk must not keep a gateway from stopping
	if verb == Stop {
		if status, err := s6.ReadStatus(c.Scandir.Dir(name)); err == nil && status.Up() {
			if err := profile.MarkPlannedStop(dir, status.Pid, now); err != nil && !errors.Is(err, fs.ErrNotExist) {
				c.Warn(fmt.Errorf("cannot tell gateway %q that its stop is planned: %w", name, err))
			}
		}
	}
	if err := c.send(ctx, verb, name); err != nil {
		return err
	}
	if verb != Stop {
		c.Scandir.startLogger(name)
	}
	c.Scandir.awaitWanted(ctx, name, verb.want() == profile.Up)
	if unrecorded != nil && !errors.Is(unrecorded, fs.ErrNotExist) {
		return &UnrecordedError{Profile: name, Verb: verb, Err: unrecorded}
	}
	return nil
}

func (c Control) send(ctx context.Context, verb Verb, name string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, c.Svc, verb.letters(), c.Scandir.Dir(name))
	cmd.Stderr = &stderr
	err := cmd.Run()
	if err == nil {
		return nil
	}
	failed := &SvcError{Profile: name, Verb: verb, Code: -1, Stderr: strings.TrimSpace(stderr.String())}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		failed.Code = exit.ExitCode()
	} else if failed.Stderr == "" {
		failed.Stderr = err.Error()
	}
	return failed
}
