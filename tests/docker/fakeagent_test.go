//go:build docker

package docker

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"testing"
	"time"

	"caduceus/tests/docker/harness"
)

//go:embed testdata/fakeagent/hermes
var fakeAgent string

// supervision is one test of what the init does about a gateway's exit codes.
// The real agent ends with them too seldom, so a stand-in named fakeagent does.
type supervision struct {
	name, clause string
	end          string // exit code of each start
	then         func(ctx context.Context, c *harness.Container) error
}

const fakeSlot = "gateway-default"

func supervisions() []supervision {
	return []supervision{
		{"exit code 78 leaves the slot down", "SLOT-10", "78", staysDown},
		{"exit code 0 while wanted up leaves the slot down", "SLOT-11", "0", staysDown},
		{"exit code 75 starts again every second and is no death", "SLOT-09", "75", keepsPace},
		{"the sixth fast death is a crash loop until the operator starts it", "SLOT-07", "3", crashLoop},
	}
}

func TestSupervisionOfAFakeAgent(t *testing.T) {
	t.Parallel()
	for _, s := range supervisions() {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			test := engine.Begin(t, checkLimit, s.clause)
			if err := s.run(test.Ctx, test.Subject); err != nil {
				t.Errorf("%s: %v", s.clause, err)
			}
		})
	}
}

func (s supervision) run(ctx context.Context, subject *harness.Subject) error {
	c, err := subject.Start(ctx, harness.Spec{
		Cmd: []string{"gateway", "run"},
		Files: []harness.File{
			{Path: "/opt/hermes/libexec/hermes", Mode: 0o755, Content: fakeAgent},
			harness.File{Path: "/opt/data/fakeagent", Content: s.end + "\n"}.Hermes(),
		},
	})
	if err != nil {
		return err
	}
	if err := c.WaitLog(ctx, "fake agent: gateway run --replace", time.Minute); err != nil {
		return err
	}
	return s.then(ctx, c)
}

// starts counts how often the fake agent was started.
func starts(ctx context.Context, c *harness.Container) (int, error) {
	out, _, err := c.Logs(ctx)
	return strings.Count(out, "fake agent: gateway run --replace"), err
}

// contract: SLOT-10 SLOT-11
func staysDown(ctx context.Context, c *harness.Container) error {
	if _, err := c.WaitSh(ctx, "slot down for three seconds",
		`/command/s6-svstat /run/service/gateway-default | tee /dev/stderr | grep -Eq '^down .* ([3-9]|[0-9]{2,}) seconds'`, time.Minute); err != nil {
		return err
	}
	n, err := starts(ctx, c)
	// The boot starts it, and so does the operator's gateway run; nothing else may.
	if err == nil && n > 2 {
		err = fmt.Errorf("want at most two starts, got %d", n)
	}
	return err
}

// contract: SLOT-09
func keepsPace(ctx context.Context, c *harness.Container) error {
	err := harness.Poll(ctx, "ninth start", 2*time.Minute, func(ctx context.Context) (string, bool, error) {
		n, err := starts(ctx, c)
		return fmt.Sprint(n, " starts"), n >= 9, err
	})
	if err != nil {
		return err
	}
	// With a brake the last two pauses would be of 4 and 8 seconds. A busy host makes one long, not both.
	out, err := c.Sh(ctx, `cut -d. -f1 /opt/data/starts | tail -n 3 | tr '\n' ' '`)
	if err != nil {
		return err
	}
	var first, second, third int
	if _, err := fmt.Sscan(out.Stdout, &first, &second, &third); err != nil {
		return fmt.Errorf("cannot read the times of starts from %s: %w", out, err)
	}
	if min(second-first, third-second) > 3 {
		return fmt.Errorf("want about a second between starts, got starts at %s", out)
	}
	return nil
}

// contract: SLOT-06 SLOT-07 SLOT-08
func crashLoop(ctx context.Context, c *harness.Container) error {
	if err := c.WaitLog(ctx, "crash loop: 6 fast deaths, last exit", time.Minute); err != nil {
		return err
	}
	slot, err := c.Slot(ctx, fakeSlot)
	if err != nil {
		return err
	}
	status, err := c.Hermes(ctx, "gateway", "status")
	if err != nil {
		return err
	}
	if !slot.WantedUp || !strings.Contains(status.Stdout, "Crash loop:") {
		return fmt.Errorf("want the slot wanted up and a status that says crash loop, got %v and %s", slot, status)
	}
	// An operator's start acts at once and clears the count.
	if _, err := c.Sh(ctx, `echo run >/opt/data/fakeagent && hermes gateway start`); err != nil {
		return err
	}
	_, err = c.WaitSh(ctx, "slot up and out of its crash loop",
		`/command/s6-svstat -o up,crashloop /run/service/gateway-default | tee /dev/stderr | grep -qx 'true false'`, 15*time.Second)
	return err
}
