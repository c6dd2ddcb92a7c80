package gateway

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"caduceus/internal/procfs"
	"caduceus/internal/s6"
)

// loggerPause is how long a logger may be down between two lives.
const loggerPause = 10 * time.Second

// loggerState is up, down, or "" without one. One that ended a moment ago counts as up: it is back in a second.
func loggerState(dir string, now time.Time) string {
	status, err := s6.ReadStatus(filepath.Join(dir, s6.LogDir))
	switch {
	case err != nil:
		return ""
	case status.Up() || status.WantUp && now.Sub(status.Stamp) < loggerPause:
		return "up"
	}
	return "down"
}

// startLogger wants the logger of a gateway up, if it is not: without it the gateway stops as soon as the pipe is full.
func (d Scandir) startLogger(name string) {
	logger := filepath.Join(d.Dir(name), s6.LogDir)
	if status, err := s6.ReadStatus(logger); err == nil && !status.Up() {
		_ = s6.SendControl(logger, "u") // the report of the gateway says what became of it
	}
}

// loggerStart is how long a gateway that is about to start waits for a logger that has only begun.
const loggerStart = 2 * time.Second

// RenewLogger has the logger of a gateway that is about to start look for its file, if it has none: the gateway was down, or
// the file another container's, when the logger started. Nothing is lost by that.
//
// contract: LOG-05
func (d Scandir) RenewLogger(ctx context.Context, name string) {
	var to logsTo
	poll(ctx, loggerStart, func() bool {
		to = d.logger(name)
		return to != nowhere
	})
	if to == stdout {
		_ = s6.SendControl(filepath.Join(d.Dir(name), s6.LogDir), "t") // else it goes on as it is
	}
}

// LeaveLogs has the loggers of gateways that are down give their files up, as another container may have the gateways next.
//
// contract: LOG-05
func (d Scandir) LeaveLogs() {
	names, _ := d.Profiles() // a scandir that cannot be read has none
	for _, name := range names {
		if IsDown(d.Dir(name)) && d.logger(name) == toFile {
			_ = s6.SendControl(filepath.Join(d.Dir(name), s6.LogDir), "t")
		}
	}
}

// logsTo is where a logger writes to.
type logsTo int

const (
	nowhere logsTo = iota // it is down, or has only begun
	stdout                // to that alone
	toFile
)

// logger looks at the command line of a gateway's logger: s6-log is there once its script has decided.
func (d Scandir) logger(name string) logsTo {
	status, err := s6.ReadStatus(filepath.Join(d.Dir(name), s6.LogDir))
	if err != nil || !status.Up() {
		return nowhere
	}
	line, err := os.ReadFile(filepath.Join(procfs.Root, strconv.Itoa(status.Pid), "cmdline"))
	words := bytes.Split(bytes.TrimSuffix(line, []byte{0}), []byte{0})
	switch {
	case err != nil, filepath.Base(string(words[0])) != "s6-log":
		return nowhere
	case bytes.HasPrefix(words[len(words)-1], []byte("/")): // the directory
		return toFile
	}
	return stdout
}
