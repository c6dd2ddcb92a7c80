package cmdline

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestTheKindOfCMD(t *testing.T) {
	clause.Proves(t, "BOOT-20")
	t.Parallel()
	for kind, lines := range map[Kind][]string{
		Gateway: {
			"gateway run", "gateway", "hermes gateway run", "/opt/hermes/bin/hermes gateway run", "-p coder gateway run", "--profile coder gateway",
			"--profile=coder gateway run", "gateway run -p coder", "gateway run --no-supervise", "--accept-hooks gateway run -v",
		},
		Idle: {
			"sleep infinity", "/usr/bin/sleep 3600", "tail -f /dev/null", "tail -n0 -F /dev/null", "sh|-c|sleep infinity", "bash|-lc|exec sleep infinity",
			"/bin/sh|-c|tail -f /dev/null",
		},
		Program: {
			"", "chat -q x", "dashboard", "gateway start", "gateway status", "sh", "bash", "sleep", "echo gateway run", "sh|-c|sleep 1; echo x",
			"sh|-c|sleep 1 && echo x", "sh|-c|hermes gateway run", "tail -f /opt/data/logs/agent.log", "tail /dev/null", "-p gateway run", "version",
			"sh|-c|sleep 1\necho x", "sh|-c|sleep $(date)", "gateway run extra",
		},
	} {
		for _, line := range lines {
			words := strings.Fields(line)
			if strings.Contains(line, "|") {
				words = strings.Split(line, "|")
			}
			if got := KindOf(append([]string{"/opt/hermes/docker/" + Wrapper}, words...)); got != kind {
				t.Errorf("%q: %d, want %d", line, got, kind)
			}
			if got := KindOf(words); got != kind && len(words) > 0 {
				t.Errorf("%q without a wrapper: %d, want %d", line, got, kind)
			}
		}
	}
	if KindOf(nil) != Idle {
		t.Error("an init without CMD is not idle")
	}
}
