package checks

import (
	"context"
	"errors"
	"strconv"

	"caduceus/tests/docker/harness"
)

// slotFacts are the slots that every boot leaves.
func slotFacts() []fact {
	return []fact{
		{
			clause: "IMG-05", name: "docker exec reaches s6-svstat by its absolute path", see: svstatSpeaksTrue,
			show: `/command/s6-svstat -o pid /run/service/main-hermes; pgrep -P 1 -a`,
		},
		{
			clause: "SLOT-15", name: "main-hermes is up and links to its service directory", see: mainHermesLinked,
			show: `ls -ld /run/service/main-hermes; /command/s6-svstat /run/service/main-hermes`,
		},
		{
			clause: "SLOT-15", name: "main-hermes does not run as root", see: mainHermesUser,
			show: `ps -o user=,args= -p "$(/command/s6-svstat -o pid /run/service/main-hermes)"`,
		},
		{
			clause: "REC-03", name: "the default profile has a slot",
			see: func(ctx context.Context, c *harness.Container) error {
				if err := typed(ctx, c, "REC-03", "directory", []string{"/run/service/gateway-default"}); err != nil {
					return err
				}
				_, err := slotOf(ctx, c, "REC-03", "gateway-default")
				return err
			},
			show: `ls -ld /run/service/gateway-default; /command/s6-svstat /run/service/gateway-default`,
		},
	}
}

// slotOf wants a slot with a supervisor, and returns what that says.
func slotOf(ctx context.Context, c *harness.Container, clause, name string) (harness.Slot, error) {
	slot, err := c.Slot(ctx, name)
	if errors.Is(err, harness.ErrUnsupervised) {
		err = broken(clause, err)
	}
	return slot, err
}

// svstatSpeaksTrue compares what the image's s6-svstat prints with what the probe sees.
func svstatSpeaksTrue(ctx context.Context, c *harness.Container) error {
	slot, err := slotOf(ctx, c, "IMG-05", "main-hermes")
	if err != nil {
		return err
	}
	res, err := c.Exec(ctx, harness.Exec{Cmd: []string{"/command/s6-svstat", "-o", "up,pid", "/run/service/main-hermes"}})
	if want := "true " + strconv.Itoa(slot.PID); err == nil && (res.Code != 0 || res.Output() != want) {
		err = violates("IMG-05", "want %q, as the probe sees it, got %s", want, res)
	}
	return err
}

func mainHermesLinked(ctx context.Context, c *harness.Container) error {
	files, err := c.Files(ctx, "/run/service/main-hermes")
	if err != nil {
		return err
	}
	var errs []error
	if f := files["/run/service/main-hermes"]; f.Target != "/run/s6-rc/servicedirs/main-hermes" {
		errs = append(errs, violates("SLOT-15", "want a link to /run/s6-rc/servicedirs/main-hermes, got %+v", f))
	}
	slot, err := slotOf(ctx, c, "SLOT-15", "main-hermes")
	if err == nil && !slot.Up {
		err = violates("SLOT-15", "main-hermes is down: %s", slot)
	}
	return errors.Join(append(errs, err)...)
}

func mainHermesUser(ctx context.Context, c *harness.Container) error {
	slot, err := slotOf(ctx, c, "SLOT-15", "main-hermes")
	if err != nil {
		return err
	}
	all, err := c.Processes(ctx)
	if err != nil {
		return err
	}
	if p, found := all.PID(slot.PID); !found || p.UID != 10000 {
		return violates("SLOT-15", "want pid %d to be hermes' (10000), got %s", slot.PID, p)
	}
	return nil
}
