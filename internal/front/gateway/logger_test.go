package gateway

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caduceus/internal/clause"
	"caduceus/internal/s6"
)

func TestAGatewayWithoutItsLoggerIsUnhealthy(t *testing.T) {
	clause.Proves(t, "HEALTH-02", "LOG-07")
	for logger, want := range map[string]bool{"up": true, "": true, "down": false} {
		r := Report{Slot: "gateway-x", Profile: "x", State: "up", Agent: "running", Logger: logger}
		ok, reason := r.Verdict()
		if ok != want || strings.Contains(reason, "has no logger") == want || strings.Contains(r.Fix(), "gateway start starts it") == want {
			t.Errorf("logger %q: %v, %s; %s", logger, ok, reason, r.Fix())
		}
	}
}

func TestALoggerBetweenTwoLivesCountsAsUp(t *testing.T) {
	clause.Proves(t, "LOG-07")
	now := time.Unix(5000, 0)
	for _, c := range []struct {
		status s6.Status
		want   string
	}{
		{s6.Status{Pid: 7, WantUp: true, Stamp: now.Add(-time.Hour)}, "up"},
		{s6.Status{WantUp: true, Ready: true, Stamp: now.Add(-time.Second)}, "up"},
		{s6.Status{WantUp: true, Ready: true, Stamp: now.Add(-time.Minute)}, "down"},
		{s6.Status{Ready: true, Stamp: now}, "down"},
	} {
		dir := t.TempDir()
		supervise := filepath.Join(dir, "log", "supervise")
		if err := os.MkdirAll(supervise, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(supervise, "status"), c.status.Encode(), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := loggerState(dir, now); got != c.want {
			t.Errorf("%+v: %q, want %q", c.status, got, c.want)
		}
	}
	if got := loggerState(t.TempDir(), now); got != "" {
		t.Errorf("without a logger: %q", got)
	}
}
