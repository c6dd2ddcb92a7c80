package agentstatus

import (
	"io"
	"strings"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/front/gateway"
)

func TestTheAgentsLinesAboutItsGatewayAreCorrected(t *testing.T) {
	clause.Proves(t, "STATUS-01", "STATUS-02")
	const said = "◆ Gateway Service\n  Status:       ✗ stopped\n  Manager:      systemd (user)\nno end"
	for name, c := range map[string]struct {
		report gateway.Report
		slot   bool
		want   string
	}{
		"up":           {gateway.Report{State: "up", PID: 77}, true, "◆ Gateway Service\n  Status:       ✓ running\n  PID(s):       77\n  Manager:      s6 (container supervisor)\nno end"},
		"down":         {gateway.Report{State: "down"}, true, "◆ Gateway Service\n  Status:       ✗ stopped\n  Manager:      s6 (container supervisor)\n  Service:      installed but stopped\nno end"},
		"without slot": {gateway.Report{}, false, "◆ Gateway Service\n  Status:       ✗ stopped\n  Manager:      s6 (container supervisor)\nno end"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			corrector := &Corrector{Out: &out, Report: c.report, Slot: c.slot}
			for part := range strings.SplitAfterSeq(said, "e") { // parts end anywhere
				if _, err := io.WriteString(corrector, part); err != nil {
					t.Fatal(err)
				}
			}
			corrector.Flush()
			if got := out.String(); got != c.want {
				t.Errorf("want\n%s\ngot\n%s", c.want, got)
			}
		})
	}
}
