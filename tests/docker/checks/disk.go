package checks

import (
	"context"
	"errors"
	"strings"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

// FullDiskCheck is about seeding a volume without room for it.
const FullDiskCheck = "on a volume too small for its first files the boot goes on, and no file is cut short"

// diskChecks boot on small volumes.
// contract: SETUP-19 SETUP-24 SETUP-29
func diskChecks() []Check {
	return []Check{
		{
			Name: FullDiskCheck, Clauses: []string{"SETUP-19", "SETUP-29"},
			Doc: "boots on a tmpfs of 4 KiB, which one seed fills, and of 512 KiB, which the skills would fill", Run: fullDisk,
		},
		{
			Name: "a migration that fills the disk leaves settings and keys as they were", Clauses: []string{"SETUP-24"},
			Doc: "boots on a tmpfs with an old config.yaml and 4 or 8 KiB left", Run: fullDiskMigration,
		},
	}
}

// sized is a volume in memory with a size; the engine copies no files into it before the start.
func sized(size string) func(*container.HostConfig) {
	return func(h *container.HostConfig) {
		h.Tmpfs = map[string]string{"/opt/data": "size=" + size + ",mode=755,uid=10000,gid=10000"}
	}
}

func fullDisk(ctx context.Context, s *harness.Subject) error {
	for size, says := range map[string]string{"4k": "no space left on device", "512k": "skills are not synced"} {
		code, out, errs, err := run(ctx, s, harness.Spec{Host: sized(size), Cmd: []string{"sh", "-c", `cd /opt/data
for f in .env SOUL.md config.yaml; do test -e $f && test "$(stat -c %s $f)" -lt 300 && echo "cut short: $f"; done
find skills -type f | while read -r f; do cmp "$f" "/opt/hermes/$f" || echo "cut short: $f"; done
echo booted; exit 42`}})
		if err != nil {
			return err
		}
		if code != 42 || !strings.Contains(out, "booted\n") || !strings.Contains(errs, says) || strings.Contains("\n"+out, "\ncut short: ") {
			return violates("SETUP-19", "on %s: want exit code 42, %q and nothing cut short, got %d and:\n%s%s", size, says, code, out, errs)
		}
	}
	return nil
}

func fullDiskMigration(ctx context.Context, s *harness.Subject) error {
	var all []error
	for _, blocks := range []string{"16", "15"} { // of 4 KiB, in 80
		code, out, errs, err := run(ctx, s, harness.Spec{
			Host: sized("80k"), Env: map[string]string{"BLOCKS": blocks},
			Files: []harness.File{script("/etc/cont-init.d/00-fill", `cd /opt/data && printf '_config_version: 1\nmodel: probe/model\n' >config.yaml &&
echo KEPT=1 >.env && echo soul >SOUL.md && touch .no-bundled-skills && dd if=/dev/zero of=fill bs=4096 count=$BLOCKS 2>/dev/null`)},
			Cmd: []string{"sh", "-c", `cd /opt/data; cat config.yaml .env; find . -name '.*.restore'; exit 42`},
		})
		if err == nil && (code != 42 || !strings.HasSuffix(out, "_config_version: 1\nmodel: probe/model\nKEPT=1\n") ||
			!strings.Contains(errs, "docker_config_migrate.py failed; continuing") || strings.Contains(out+errs, "Traceback")) {
			err = violates("SETUP-24", "with %s blocks: want the old files and no traceback, got exit code %d and:\n%s%s", blocks, code, out, errs)
		}
		all = append(all, err)
	}
	return errors.Join(all...)
}
