package checks

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

// Checks that mutants name.
const (
	InPlaceCheck   = "a mounted file is written in place and keeps owner and mode"
	OldConfigCheck = "a configuration that cannot be migrated is named once, and leaves no backups"
)

// mountedFileChecks are about files of the volume that are mounts of their own. The files come from another volume, as a
// directory of the engine's host is not to be had everywhere.
// contract: SETUP-34 SETUP-42 SETUP-43 STATUS-04
func mountedFileChecks() []Check {
	return []Check{
		{
			Name: InPlaceCheck, Clauses: []string{"SETUP-42"},
			Doc: "-v …/.env:/opt/data/.env with API_SERVER_ENABLED and no key; the agent saves a setting in a mounted config.yaml", Run: mountedFiles,
		},
		{
			Name: OldConfigCheck, Clauses: []string{"SETUP-43", "STATUS-04"},
			Doc: "an old config.yaml mounted read-only, three boots on one volume, then one without :ro", Run: oldMountedConfig,
		},
		{
			Name: "mounted files that hermes cannot use are named with what mends them", Clauses: []string{"SETUP-42", "STATUS-04"},
			Doc: "an .env of uid 1000, mode 600, and a directory in the place of config.yaml; boot and doctor", Run: unusableFiles,
		},
	}
}

// host is a directory of the engine's host with files of a person.
type host struct {
	s      *harness.Subject
	volume string
}

// hostFiles makes a directory by a script of root.
func hostFiles(ctx context.Context, s *harness.Subject, script string) (host, error) {
	volume, err := s.Volume(ctx)
	if err != nil {
		return host{}, err
	}
	h := host{s, volume}
	_, err = h.sh(ctx, script)
	return h, err
}

// sh runs a script of root in the directory and returns what it prints.
func (h host) sh(ctx context.Context, script string) (string, error) {
	code, out, errs, err := run(ctx, h.s, harness.Spec{
		Entrypoint: []string{"sh"}, Cmd: []string{"-ec", "cd /mnt; " + script}, User: "0",
		Volumes: []harness.Volume{{Name: h.volume, Path: "/mnt"}},
	})
	if err == nil && code != 0 {
		err = fmt.Errorf("%s: exit code %d: %s%s", script, code, out, errs)
	}
	return out, err
}

// mount mounts some of the files at their names in the data directory; "NAME:ro" read-only.
func (h host) mount(ctx context.Context, files ...string) (func(*container.HostConfig), error) {
	var binds []string
	for _, file := range files {
		name, _, _ := strings.Cut(file, ":")
		source, err := h.s.HostPath(ctx, h.volume, name)
		if err != nil {
			return nil, err
		}
		binds = append(binds, source+":/opt/data/"+file)
	}
	return func(c *container.HostConfig) { c.Binds = append(c.Binds, binds...) }, nil
}

func mountedFiles(ctx context.Context, s *harness.Subject) error {
	h, err := hostFiles(ctx, s, `echo API_SERVER_ENABLED=true >.env; printf '_config_version: 1\nmodel: probe/model\n' >config.yaml
		chown 10000:4242 .env config.yaml; chmod 640 .env; chmod 664 config.yaml`)
	if err != nil {
		return err
	}
	mounts, err := h.mount(ctx, ".env", "config.yaml")
	if err != nil {
		return err
	}
	code, out, errs, err := run(ctx, s, harness.Spec{Host: mounts, Cmd: []string{"sh", "-c", "hermes config set display.probe seen; exit 42"}})
	if err != nil {
		return err
	}
	var all []error
	if code != 42 || !strings.Contains(errs, "added a random API_SERVER_KEY to /opt/data/.env") || !strings.Contains(errs, "Migrating config schema") {
		all = append(all, violates("SETUP-42", "want a key added and a migration, got exit code %d:\n%s%s", code, out, errs))
	}
	seen, err := h.sh(ctx, `stat -c '%n %u:%g %a' .env config.yaml; grep -c '^API_SERVER_KEY=.' .env; grep -q 'probe: seen' config.yaml && echo saved
		grep -Eq '^_config_version: ([2-9]|[0-9]{2,})' config.yaml && echo migrated; ls -A`)
	const want = ".env 10000:4242 640\nconfig.yaml 10000:4242 664\n1\nsaved\nmigrated\n.env\nconfig.yaml\n"
	if err == nil && seen != want {
		err = violates("SETUP-42", "want %q on the host, got:\n%s", want, seen)
	}
	return errors.Join(append(all, err)...)
}

func oldMountedConfig(ctx context.Context, s *harness.Subject) error {
	h, err := hostFiles(ctx, s, `printf '_config_version: 1\nmodel: probe/model\n' >config.yaml; chmod 644 config.yaml`)
	if err != nil {
		return err
	}
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	boot := func(file string) (string, error) {
		mounts, err := h.mount(ctx, file)
		if err != nil {
			return "", err
		}
		_, out, errs, err := run(ctx, s, harness.Spec{
			Host: mounts, Volumes: []harness.Volume{{Name: volume}},
			Cmd: []string{"sh", "-c", "ls -A /opt/data | grep -F .bak-; hermes container doctor | grep -A1 '^✗ config.yaml'"},
		})
		return out + errs, err
	}
	var all []error
	for n := range 3 {
		said, err := boot("config.yaml:ro")
		if err != nil {
			return err
		}
		const line = "[stage2] Warning: config.yaml has an old schema and stays as it is: /opt/data/config.yaml is mounted read-only; mount it without"
		if strings.Contains(said, line) != (n == 0) || strings.Contains(said, ".bak-") || strings.Contains(said, "Traceback") {
			all = append(all, violates("SETUP-43", "boot %d: want %q once and no backup, got:\n%s", n+1, line, said))
		}
		if !strings.Contains(said, "✗ config.yaml: config.yaml has an old schema") || !strings.Contains(said, `fix: mount it without ":ro"`) {
			all = append(all, violates("STATUS-04", "boot %d: no finding with a fix, got:\n%s", n+1, said))
		}
	}
	if _, err := h.sh(ctx, "chown 10000 config.yaml"); err != nil {
		return err
	}
	said, err := boot("config.yaml")
	if err == nil && (!strings.Contains(said, "Migrating config schema") || strings.Contains(said, "✗ config.yaml")) {
		err = violates("SETUP-43", "want a migration once the file can be written, got:\n%s", said)
	}
	return errors.Join(append(all, err)...)
}

func unusableFiles(ctx context.Context, s *harness.Subject) error {
	h, err := hostFiles(ctx, s, `echo API_KEY=very-secret >.env; chown 1000:1000 .env; chmod 600 .env; mkdir config.yaml`)
	if err != nil {
		return err
	}
	mounts, err := h.mount(ctx, ".env", "config.yaml")
	if err != nil {
		return err
	}
	c, err := startIdle(ctx, s, harness.Spec{Host: mounts})
	if err != nil {
		return err
	}
	logs, err := c.AllLogs(ctx)
	if err != nil {
		return err
	}
	doctor, err := c.Exec(ctx, harness.Exec{Cmd: []string{"/opt/hermes/bin/hermes", "container", "doctor"}, User: "0"})
	if err != nil {
		return err
	}
	var all []error
	for _, line := range []string{
		"hermes cannot read /opt/data/.env: permission denied, a mount of its own (of uid 1000, mode 600)", "-e HERMES_UID=1000",
		"/opt/data/config.yaml is a directory: the engine made it on the host", "rmdir ",
	} {
		if n := strings.Count(logs, line); n != 1 {
			all = append(all, violates("SETUP-42", "the boot has %d times %q:\n%s", n, line, logs))
		}
		if !strings.Contains(doctor.Stdout, line) {
			all = append(all, violates("STATUS-04", "doctor has no %q: %s", line, doctor))
		}
	}
	if strings.Contains(logs+doctor.Stdout, "very-secret") {
		all = append(all, violates("SETUP-42", "a secret is printed"))
	}
	seen, err := h.sh(ctx, "stat -c '%u:%g %a' .env; cat .env; ls -A config.yaml")
	if err == nil && seen != "1000:1000 600\nAPI_KEY=very-secret\n" {
		err = violates("SETUP-42", "the file has changed: %s", seen)
	}
	return errors.Join(append(all, err)...)
}
