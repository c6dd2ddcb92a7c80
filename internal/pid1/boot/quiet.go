package boot

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"caduceus/internal/cmdline"
	"caduceus/internal/env"
	"caduceus/internal/pid1/log"
)

// isQuiet reports whether of the boot only warnings come to a terminal: CMD is not a gateway, so somebody works there, and
// nobody has asked for more.
//
// contract: BOOT-22
func isQuiet(kind cmdline.Kind, asked bool, verbosity log.Level) bool {
	return kind != cmdline.Gateway && (!asked || verbosity < log.Info)
}

func stderrIsTerminal() bool {
	_, err := unix.IoctlGetTermios(2, unix.TCGETS)
	return err == nil
}

// speak shows what a quiet boot has held back, and the rest of it: something failed.
//
// contract: BOOT-22
func (b *boot) speak() {
	if b.quiet {
		b.Log.Release()
	}
}

// patience is how long a boot may say nothing to who waits at a terminal.
const patience = 3 * time.Second

// tellProgress says once what a quiet boot is doing if it takes long. It returns what ends that.
//
// contract: BOOT-22
func (b *boot) tellProgress() (end func()) {
	if !b.quiet {
		return func() {}
	}
	timer := time.AfterFunc(patience, func() {
		b.Log.Pass(fmt.Appendf(nil, "init: info: the start takes a while, now at %s; %s=2 shows each step\n", *b.at.Load(), env.Verbosity), false)
	})
	return func() { timer.Stop() }
}

// openTranscript gives the whole boot a file, for who runs as hermes to put it on the volume.
//
// contract: BOOT-23
func (b *boot) openTranscript() error {
	file, err := os.OpenFile(env.BootLog, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		b.Warnf("the boot is not kept in a file: %v", err)
		return nil
	}
	b.Log.Record(file)
	return nil
}
