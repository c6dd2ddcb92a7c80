package scan

import (
	"syscall"
	"testing"

	"caduceus/internal/clause"
)

func TestParseArgs(t *testing.T) {
	clause.Proves(t, "SUP-01")
	tests := []struct {
		name   string
		args   []string
		dir    string
		notify int
		ok     bool
	}{
		{"nothing", nil, ".", 0, true},
		{"directory", []string{"/run/service"}, "/run/service", 0, true},
		{"descriptor", []string{"-d", "4", "dir"}, "dir", 4, true},
		{"end of options", []string{"--", "-d"}, "-d", 0, true},
		{"descriptor missing", []string{"-d"}, "", 0, false},
		{"standard descriptor", []string{"-d", "1"}, "", 0, false},
		{"no number", []string{"-d", "x"}, "", 0, false},
		{"unknown option", []string{"-S", "dir"}, "", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir, notify, err := parseArgs(tt.args)
			if (err == nil) != tt.ok || tt.ok && (dir != tt.dir || notify != tt.notify) {
				t.Errorf("%q, %d, %v", dir, notify, err)
			}
		})
	}
}

func TestSignalsOfScandirMode(t *testing.T) {
	clause.Proves(t, "SUP-58")
	want := map[syscall.Signal]byte{
		syscall.SIGTERM: 't', syscall.SIGINT: 't', syscall.SIGHUP: 'h', syscall.SIGQUIT: 'q',
		syscall.SIGALRM: 'a', syscall.SIGABRT: 'b',
	}
	for sig := syscall.Signal(1); sig < 32; sig++ {
		if got := letterOf(sig); got != want[sig] {
			t.Errorf("%v means %q, want %q", sig, got, want[sig])
		}
	}
}

func TestSignalsThatAreTaken(t *testing.T) {
	clause.Proves(t, "SUP-107", "SUP-86")
	taken := map[syscall.Signal]bool{}
	for _, sig := range handled() {
		taken[sig.(syscall.Signal)] = true
	}
	for sig, want := range map[syscall.Signal]bool{
		syscall.SIGTERM: true, syscall.SIGPIPE: true, syscall.SIGWINCH: true, syscall.SIGTTOU: true,
		syscall.SIGCHLD: false, syscall.SIGURG: false,
	} {
		if taken[sig] != want {
			t.Errorf("%v taken: %v", sig, taken[sig])
		}
	}
}
