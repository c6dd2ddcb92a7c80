package gateway

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestACommandLineOfAGatewayIsKnown(t *testing.T) {
	clause.Proves(t, "AGT-02", "HOLD-01")
	for line, want := range map[string]bool{
		"/opt/hermes/.venv/bin/python /opt/hermes/libexec/hermes gateway run --replace":          true,
		"/opt/hermes/.venv/bin/python /opt/hermes/libexec/hermes -p coder gateway run --replace": true,
		"/opt/hermes/.venv/bin/python3 -m hermes_cli.main gateway run":                           true,
		"python /opt/hermes/libexec/hermes gateway":                                              true,
		"python /opt/hermes/libexec/hermes gateway -v":                                           true,
		"python /opt/hermes/libexec/hermes gateway status":                                       false,
		"python /opt/hermes/libexec/hermes dashboard --no-open":                                  false,
		"python /opt/hermes/libexec/hermes chat -q gateway":                                      true, // better held than not
		"python -m http.server gateway run":                                                      false,
		"/init /opt/hermes/docker/main-wrapper.sh gateway run":                                   false,
		"hermes gateway run": false,
		"sleep infinity":     false,
		"":                   false,
	} {
		if got := IsProcess(strings.Fields(line)); got != want {
			t.Errorf("%q: %t", line, got)
		}
	}
}

func TestARunningGatewayIsFound(t *testing.T) {
	clause.Proves(t, "HOLD-01")
	proc := t.TempDir()
	put := func(pid string, words ...string) {
		dir := filepath.Join(proc, pid)
		if err := errors.Join(os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "cmdline"), []byte(strings.Join(words, "\x00")+"\x00"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	put("1", "/init")
	put("7", "sh", "-c", "gateway run")
	if Runs(proc) {
		t.Error("found one")
	}
	put("9", "python", "/opt/hermes/libexec/hermes", "gateway", "run")
	if !Runs(proc) {
		t.Error("found none")
	}
}
