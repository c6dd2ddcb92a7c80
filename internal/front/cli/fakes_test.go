package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/front/bootrecord"
	"caduceus/internal/front/profile"
	"caduceus/internal/front/volumelock"
	"caduceus/internal/held"
	"caduceus/internal/identity"
	"caduceus/internal/launch"
	"caduceus/internal/s6"
)

// fakeInit supervises a scandir without running anything: it holds the locks that the front looks for,
// obeys control letters, and writes the status files. A gateway that is told to stop is down at once.
type fakeInit struct {
	scandir string
	mu      sync.Mutex
	slots   map[string]*os.File // inode's directory -> its held lock
}

func fakeInitMain() int {
	f := &fakeInit{scandir: os.Args[1], slots: map[string]*os.File{}}
	control := filepath.Join(f.scandir, s6.SvscanDir, s6.ControlFile)
	for _, err := range []error{
		os.MkdirAll(filepath.Dir(control), 0o755),
		syscall.Mkfifo(control, 0o600),
	} {
		if err != nil && !errors.Is(err, os.ErrExist) {
			return failed(err)
		}
	}
	if _, err := hold(filepath.Join(f.scandir, s6.SvscanDir, s6.LockFile)); err != nil {
		return failed(err)
	}
	f.scan()
	letters(control, func(letter byte) {
		if letter == 'a' || letter == 'n' {
			f.scan()
		}
	})
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	if err := os.WriteFile(filepath.Join(f.scandir, ".ready"), nil, 0o644); err != nil {
		return failed(err)
	}
	<-stop
	return 0
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, "fake:", err)
	return 1
}

// scan takes up new slots and lets go of those that are not there any more.
func (f *fakeInit) scan() {
	f.mu.Lock()
	defer f.mu.Unlock()
	entries, _ := os.ReadDir(f.scandir)
	seen := map[string]bool{}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || !e.IsDir() {
			continue
		}
		dir := filepath.Join(f.scandir, e.Name())
		seen[dir] = true
		names = append(names, e.Name())
		if f.slots[dir] == nil {
			f.slots[dir] = supervise(dir)
		}
	}
	write(filepath.Join(f.scandir, ".scans"), strings.Join(names, " "))
	for dir, lock := range f.slots {
		if !seen[dir] {
			_ = lock.Close() // which releases it
			delete(f.slots, dir)
		}
	}
}

// supervise takes one slot: it is up unless it has a down file.
func supervise(dir string) *os.File {
	lock, err := hold(filepath.Join(dir, s6.SuperviseDir, s6.LockFile))
	if err != nil {
		panic(err)
	}
	_, err = os.Stat(filepath.Join(dir, s6.DownFile))
	up := errors.Is(err, os.ErrNotExist)
	report(dir, s6.Status{WantUp: up}, up)
	letters(filepath.Join(dir, s6.SuperviseDir, s6.ControlFile), func(letter byte) {
		status, _ := s6.ReadStatus(dir)
		switch letter {
		case 'u':
			status.WantUp = true
			report(dir, status, true)
		case 'd':
			status.WantUp = false
			report(dir, status, false)
		case 'O':
			status.WantUp = false
			report(dir, status, status.Up())
		}
		log(dir, string(letter))
	})
	return lock
}

// report writes the status file; the pid of all gateways is that of the fake.
func report(dir string, status s6.Status, up bool) {
	status.Pid, status.Stamp, status.Ready = 0, time.Now(), !up
	if up {
		status.Pid = os.Getpid()
	}
	path := filepath.Join(dir, s6.SuperviseDir, s6.StatusFile)
	if os.WriteFile(path+".new", status.Encode(), 0o644) == nil {
		_ = os.Rename(path+".new", path)
	}
}

func log(dir, text string) {
	write(filepath.Join(filepath.Dir(dir), ".letters"), filepath.Base(dir)+" "+text)
}

// write adds a line to a file.
func write(path, line string) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		fmt.Fprintln(f, line)
		_ = f.Close()
	}
}

// letters calls do for each byte that clients write to a fifo.
func letters(fifo string, do func(byte)) {
	f, err := os.OpenFile(fifo, os.O_RDWR, 0)
	if err != nil {
		panic(err)
	}
	go func() {
		for r := bufio.NewReader(f); ; {
			letter, err := r.ReadByte()
			if err != nil {
				return
			}
			do(letter)
		}
	}()
}

func hold(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	return f, unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &lock)
}

// fakeSvcMain is s6-svc for the letters that the front uses. Unlike the real one it returns when they
// have been obeyed, so that a transcript can look at once.
func fakeSvcMain() int {
	if len(os.Args) != 3 {
		return 100
	}
	dir, wanted := os.Args[2], strings.TrimPrefix(os.Args[1], "-")
	before := obeyed(dir)
	if err := s6.SendControl(dir, wanted); err != nil {
		fmt.Fprintln(os.Stderr, "s6-svc: fatal:", err)
		return 100
	}
	limit := time.After(10 * time.Second)
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	for obeyed(dir) < before+len(wanted) {
		select {
		case <-limit:
			return 99
		case <-poll.C:
		}
	}
	return 0
}

// obeyed counts the letters that the slots of dir's scandir have obeyed.
func obeyed(dir string) int {
	b, _ := os.ReadFile(filepath.Join(filepath.Dir(dir), ".letters"))
	return strings.Count(string(b), "\n")
}

// fakeAgentMain stands for the Python agent: it says how it was called, and makes, renames and deletes
// profile directories. It knows of slots only with FAKE_REGISTERS, as the real one does under PID 1.
func fakeAgentMain() int {
	args := strings.Join(os.Args[1:], " ")
	if code, err := strconv.Atoi(strings.TrimPrefix(args, "exit ")); err == nil {
		return code
	}
	words := positional(os.Args[1:])
	if len(words) < 3 || words[0] != "profile" {
		return sayCall(args)
	}
	if err := changeProfile(words[1], words[2:], strings.Contains(args, "--yes")); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		return 1
	}
	return 0
}

func changeProfile(verb string, names []string, yes bool) error {
	home, _ := profile.ParseHome(os.Environ())
	name := strings.TrimSuffix(names[0], ".tar.gz")
	dir := home.Dir(name)
	_, err := os.Stat(dir)
	switch {
	case verb == "create" || verb == "import" || verb == "install":
		err = errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "SOUL.md"), nil, 0o644))
		if os.Getenv("FAKE_REGISTERS") != "" {
			err = errors.Join(err, registerAsAgent(os.Getenv("SCANDIR"), name))
		}
	case err != nil:
		return noProfile(name)
	case verb == "delete" && !yes:
		fmt.Fprintln(os.Stdout, "Cancelled.")
	case verb == "delete":
		err = os.RemoveAll(dir)
	case verb == "rename":
		err = moveProfile(dir, home.Dir(names[1]))
		if os.Getenv("FAKE_REGISTERS") != "" {
			err = errors.Join(err, registerAsAgent(os.Getenv("SCANDIR"), names[1]))
		}
	}
	return err
}

// moveProfile says what is known of the gateway at the moment of the move, which others may see at once. With
// FAKE_KILLS it is the last that the front lives to see.
func moveProfile(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	intent, err := profile.ReadIntent(to)
	state, _ := profile.ReadState(to) // none is none
	fmt.Fprintf(os.Stdout, "moved: intent %q, desired %q\n", intent.Want, state.Desired)
	if os.Getenv("FAKE_KILLS") != "" {
		err = errors.Join(err, syscall.Kill(os.Getppid(), syscall.SIGKILL))
	}
	return err
}

// noProfile is the agent's message.
type noProfile string

func (n noProfile) Error() string { return "Profile '" + string(n) + "' does not exist." }

// registerAsAgent makes a slot with scripts that are not the front's.
func registerAsAgent(scandir, name string) error {
	dir := filepath.Join(scandir, profile.SlotPrefix+name)
	return errors.Join(
		os.MkdirAll(filepath.Join(dir, "supervise"), 0o755),
		os.MkdirAll(filepath.Join(dir, "log"), 0o755),
		syscall.Mkfifo(filepath.Join(dir, "supervise/control"), 0o660),
		os.WriteFile(filepath.Join(dir, "run"), []byte("#!/bin/sh\n# the agent's\n"), 0o755),
		os.WriteFile(filepath.Join(dir, "down"), nil, 0o644),
		s6.SendScanControl(scandir, "a"),
	)
}

func sayCall(args string) int {
	fmt.Fprintln(os.Stdout, "agent:", args)
	if dir, err := os.Getwd(); err == nil {
		fmt.Fprintln(os.Stdout, "in", dir)
	}
	if args == "status" {
		fmt.Fprint(os.Stdout, "◆ Gateway Service\n  Status:       ✗ stopped\n  Manager:      docker (foreground)\n")
	}
	for name := range strings.FieldsSeq(os.Getenv("FAKE_SHOW")) {
		fmt.Fprintf(os.Stdout, "%s=%s\n", name, os.Getenv(name))
	}
	code, _ := strconv.Atoi(os.Getenv("FAKE_CODE")) // without it all is well
	return code
}

// hermesMain is the front as a plain user's process of an image below FAKE_ROOT; FAKE_UID is its uid.
func hermesMain() int {
	uid, err := strconv.Atoi(os.Getenv("FAKE_UID"))
	if err != nil {
		uid = 10000
	}
	root := os.Getenv("FAKE_ROOT")
	return Run(context.Background(), Env{
		Args:     os.Args,
		Environ:  os.Environ(),
		Stdin:    os.Stdin,
		Stdout:   os.Stdout,
		Stderr:   os.Stderr,
		StartUID: uid,
		Version:  "1.2.3",
		Root:     root,
		Exec: func(path string, argv, environ []string) error {
			if filepath.Base(path) == "sleep" {
				fmt.Fprintln(os.Stdout, "exec:", strings.Join(argv, " "))
				return nil
			}
			return launch.Exec(path, argv, environ)
		},
		Supervisors: func() []bootrecord.Problem {
			var found []bootrecord.Problem
			content, err := os.ReadFile(filepath.Join(root, "problems.json"))
			if err == nil {
				err = json.Unmarshal(content, &found)
			}
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				fmt.Fprintln(os.Stderr, "fake:", err)
			}
			return found
		},
		Share: func(identity.Account) {},
		Drop: func(a identity.Account) error {
			fmt.Fprintln(os.Stdout, "drop:", a.Name)
			return nil
		},
	})
}

// fakeHolderMain holds the volume $H until it is killed, as another container whose hostname is the argument, or for "self" as
// this one.
func fakeHolderMain() int {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)
	volume, err := held.Open(os.Getenv("H"), held.RefuseLinks)
	if err != nil {
		return failed(err)
	}
	holder := volumelock.Container{Hostname: os.Args[1], ID: "0123456789ab", Mounts: "mnt:[1]"}
	if holder.Hostname == "self" {
		holder = volumelock.Self()
	}
	claim, err := volumelock.Take(volume, 0, holder)
	if err != nil {
		return failed(err)
	}
	if err := os.WriteFile(filepath.Join(os.Getenv("WORK"), ".held"), nil, 0o600); err != nil {
		return failed(err)
	}
	<-stop
	claim.Release()
	return 0
}
