package user

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"

	"caduceus/internal/identity"
	"caduceus/internal/launch"
	"caduceus/internal/pid1/channel"
	"caduceus/internal/pid1/log"
	"caduceus/internal/pid1/proc"
	"caduceus/internal/pid1/scan"
)

// Argv0 is the name of the process, by which /init knows its part.
const Argv0 = "s6-svscan-user"

// Exit codes of the process.
const (
	exitUsage  = 100
	exitFailed = 111
)

// Where the process has its end of the channel.
const (
	hearFD = 3
	sayFD  = 4
)

// MaxSlots is how many services hermes may have, a logger counting as one.
//
// contract: SLOT-16
const MaxSlots = 500

// Bounds of what the process itself logs in a minute: hermes can cause lines.
const (
	maxLogLines = 200
	maxLogBytes = 32 << 10
)

// arguments of the process, in the order of the command line.
type arguments struct {
	adopt bool          // another one ran before it
	gain  identity.Gain // what its programs may gain
	dir   string
}

func (a arguments) words() []string {
	return []string{Argv0, strconv.FormatBool(a.adopt), strconv.Itoa(int(a.gain)), a.dir}
}

func parse(args []string) (a arguments, err error) {
	const usage = "usage: " + Argv0 + " adopt gain scandir"
	if len(args) != 3 {
		return a, fmt.Errorf("%s", usage)
	}
	if a.adopt, err = strconv.ParseBool(args[0]); err != nil {
		return a, fmt.Errorf("%s", usage)
	}
	gain, gainErr := strconv.Atoi(args[1])
	if gainErr != nil {
		return a, fmt.Errorf("%s", usage)
	}
	a.gain, a.dir = identity.Gain(gain), args[2]
	return a, nil
}

// Main is the user's supervisor; args are the words after argv[0]. Started by root it first becomes hermes, for
// good. It returns an exit code when PID 1 has let go of it: the services go on.
func Main(args []string) int {
	debug.SetTraceback("none") // where no thread is to be had, one for each service would fill the log
	debug.SetGCPercent(50)     // what the starts of many slots leave is collected from 2 MB on, not from 4
	runtime.GOMAXPROCS(1)      // one processor's worth of threads is plenty, and leaves room below a small limit
	a, err := parse(args)
	if err == nil && os.Geteuid() == 0 {
		err = becomeHermes(a)
	}
	if err != nil {
		return fail(exitUsage, err)
	}
	conn, err := channel.Use(hearFD, sayFD)
	if err != nil {
		return fail(exitFailed, err)
	}
	defer func() { _ = conn.Close() }() // the other end has gone
	if err := run(a, conn); err != nil {
		return fail(exitFailed, err)
	}
	return 0
}

func fail(code int, err error) int {
	fmt.Fprintf(log.Stderr{}, "init: error: the user's supervisor cannot go on: %v\n", err)
	return code
}

// becomeHermes gives up root's rights and executes this program again: nothing of root's is left in its memory.
func becomeHermes(a arguments) error {
	hermes, err := identity.Lookup("", identity.Hermes)
	if err != nil {
		return err
	}
	return identity.Become(hermes, a.gain, func() error { return launch.Exec("/proc/self/exe", a.words(), os.Environ()) })
}

// run supervises until PID 1 has let go.
func run(a arguments, conn *channel.Conn) error {
	// A reader of the log that has gone must not end the supervisor. Never Ignore: children would inherit that.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	if err := os.WriteFile("/proc/self/comm", []byte(Argv0), 0); err != nil {
		return fmt.Errorf("cannot take the process name %q: %w", Argv0, err)
	}
	procs, err := proc.NewModestTable()
	if err != nil {
		return err
	}
	open, err := conn.Receive()
	if err != nil || open.Kind != channel.Open {
		return nil //nolint:nilerr // PID 1 wants no supervisor any more
	}
	logger := log.NewLimit(log.New(log.Stderr{}, log.Level(open.Number)).Logger("init"), maxLogLines, maxLogBytes).Logger()
	scandir, err := scan.Open(scan.Options{
		Dir: a.dir, Procs: procs, Log: logger, Environ: os.Environ, Stdout: os.Stdout, Stderr: os.Stderr, Boot: true,
		MaxEntries: MaxSlots, Record: true, Adopt: a.adopt, SkipForeign: true,
	})
	if err != nil {
		return err
	}
	s := &server{conn: conn, scandir: scandir, procs: procs, dir: a.dir, log: logger}
	scandir.Watch(context.Background(), s.forward)
	scandir.Scan()
	s.say(channel.Message{Kind: channel.Ready})
	s.serve(context.Background())
	return nil
}
