package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestGatewayRunsOnlyWithTheProcessThatSaysSo(t *testing.T) {
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, fields, _ := strings.Cut(string(stat), ") ")
	start := strings.Fields(fields)[19]
	for name, c := range map[string]struct {
		state string
		want  bool
	}{
		"the process lives":       {fmt.Sprintf(`{"kind":"hermes-gateway","pid":%d,"start_time":%s,"gateway_state":"running"}`, os.Getpid(), start), true},
		"indented":                {fmt.Sprintf("{\n \"gateway_state\": \"running\",\n \"pid\": %d,\n \"start_time\": %s\n}", os.Getpid(), start), true},
		"it starts":               {fmt.Sprintf(`{"pid":%d,"start_time":%s,"gateway_state":"starting"}`, os.Getpid(), start), false},
		"another has its pid now": {fmt.Sprintf(`{"pid":%d,"start_time":1%s,"gateway_state":"running"}`, os.Getpid(), start), false},
		"it is gone":              {`{"pid":4194305,"start_time":7,"gateway_state":"running"}`, false},
		"the boot wrote it":       {`{"gateway_state":"running","desired_state":"running","timestamp":1}`, false},
		"no file":                 {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if c.state != "" {
				if err := os.WriteFile(filepath.Join(dir, "gateway_state.json"), []byte(c.state), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			out, err := exec.CommandContext(t.Context(), "sh", "-c", GatewayRuns(dir)).CombinedOutput()
			if (err == nil) != c.want {
				t.Errorf("want %t, got %v: %s", c.want, err, out)
			}
		})
	}
}
