package s6

import (
	"io/fs"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

func reader(files map[string]string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		text, ok := files[name]
		if !ok {
			return nil, fs.ErrNotExist
		}
		return []byte(text), nil
	}
}

func defaultConfig() Config {
	return Config{
		FinishTimeout: 5 * time.Second, TallyLimit: 100,
		DownSignal: syscall.SIGTERM, ReloadSignal: syscall.SIGHUP, RestartMax: 300 * time.Second,
	}
}

func TestEachFileSetsItsFieldOrGivesAWarning(t *testing.T) {
	clause.Proves(t, "SUP-24")
	tests := []struct {
		name     string
		files    map[string]string
		change   func(c *Config)
		warnings int
	}{
		{"no file", nil, func(*Config) {}, 0},
		{"all files", map[string]string{
			"notification-fd": "3\n", "lock-fd": "4\nrest\n", "timeout-kill": "1500\n", "timeout-finish": "0\n",
			"max-death-tally": "4096", "down-signal": "sigint\n", "reload-signal": "12\n", "flag-timeout-killpg": "",
			"flag-newpidns": "", "restart-max": "0\n", "output-prefix": "[x] \n", "output-max": "1000\n",
			"timeout-leftovers": "2000",
		}, func(c *Config) {
			*c = Config{
				NotificationFD: 3, LockFD: 4, KillTimeout: 1500 * time.Millisecond, TallyLimit: 4096,
				DownSignal: syscall.SIGINT, ReloadSignal: syscall.SIGUSR2, KillGroup: true, NewPidNS: true,
				OutputPrefix: "[x] ", OutputMax: 1000, Leftovers: 2 * time.Second,
			}
		}, 0},
		{"prefix alone", map[string]string{"output-prefix": "[x] "}, func(c *Config) {
			c.OutputPrefix, c.OutputMax = "[x] ", 16<<20
		}, 0},
		{"prefix without a limit", map[string]string{"output-prefix": "[x] ", "output-max": "0"}, func(c *Config) {
			c.OutputPrefix = "[x] "
		}, 0},
		{"limit alone", map[string]string{"output-max": "7"}, func(c *Config) { c.OutputMax = 7 }, 0},
		{"garbage", map[string]string{
			"notification-fd": "0", "lock-fd": "99", "timeout-kill": "-1", "timeout-finish": "5s",
			"max-death-tally": "4097", "down-signal": "TERM ", "reload-signal": "RTMIN+1", "restart-max": "",
		}, func(*Config) {}, 8},
		{"signal zero", map[string]string{"down-signal": "0"}, func(c *Config) { c.DownSignal = 0 }, 0},
		{"signal name too long", map[string]string{"down-signal": "SIGTERMSIGTERMSI"}, func(*Config) {}, 1},
		{"number beyond all bounds", map[string]string{"timeout-kill": "99999999999999999999"}, func(*Config) {}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := defaultConfig()
			tt.change(&want)
			got, warnings := ReadConfig(reader(tt.files), 64)
			if diff := cmp.Diff(want, got); diff != "" || len(warnings) != tt.warnings {
				t.Errorf("(-want +got), warnings %q:\n%s", warnings, diff)
			}
		})
	}
}

func FuzzConfig(f *testing.F) {
	f.Add("timeout-kill", "12\n")
	f.Add("down-signal", "TERM")
	f.Fuzz(func(t *testing.T, name, text string) {
		got, _ := ReadConfig(reader(map[string]string{name: text}), 64)
		if got.TallyLimit > MaxTallyLimit || got.KillTimeout < 0 || got.NotificationFD > 64 {
			t.Errorf("%s %q: %+v", name, text, got)
		}
	})
}

func TestSignalOfKnowsOnlyTheLettersThatSendOneSignal(t *testing.T) {
	clause.Proves(t, "SUP-20")
	want := map[byte]syscall.Signal{
		'a': syscall.SIGALRM, 'b': syscall.SIGABRT, 'q': syscall.SIGQUIT, 'h': syscall.SIGHUP, 'k': syscall.SIGKILL,
		't': syscall.SIGTERM, 'i': syscall.SIGINT, '1': syscall.SIGUSR1, '2': syscall.SIGUSR2, 'y': syscall.SIGWINCH,
	}
	for b := range 256 {
		sig, ok := SignalOf(byte(b))
		if sig != want[byte(b)] || ok != (sig != 0) {
			t.Errorf("letter %q: %v, %v", rune(b), sig, ok)
		}
	}
}

func TestSignalsAreReadByNameAndNumber(t *testing.T) {
	for _, text := range []string{"TERM", "term", "SIGTERM", "SigTerm", "15"} {
		if sig, ok := ParseSignal(text); sig != syscall.SIGTERM || !ok {
			t.Errorf("ParseSignal(%q) = %v, %v", text, sig, ok)
		}
	}
	for _, text := range []string{"", "SIG", "TERM ", "+15", "65", "NOSUCH"} {
		if sig, ok := ParseSignal(text); ok {
			t.Errorf("ParseSignal(%q) = %v", text, sig)
		}
	}
	if got := SignalName(40); got != "SIG40" {
		t.Errorf("name of 40 is %q", got)
	}
}
