package checks

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"caduceus/tests/docker/harness"
)

// layoutFacts are the files of the image that others find by their paths.
func layoutFacts() []fact {
	return []fact{
		{
			clause: "IMG-06", name: "hermes is 10000:10000 with home /opt/data", see: account,
			show: `grep hermes /etc/passwd /etc/group`,
		},
		{
			clause: "IMG-08", name: "the supervision tools are in /command", see: supervisionTools,
			show: `ls -lL /command; ls -ld /package/admin/s6-overlay`,
		},
		{
			clause: "IMG-09", name: "the three cont-init scripts are executable",
			see: func(ctx context.Context, c *harness.Container) error {
				return typed(ctx, c, "IMG-09", "file", in("/etc/cont-init.d", "01-hermes-setup", "015-supervise-perms", "02-reconcile-profiles"), executable)
			},
			show: `ls -lL /etc/cont-init.d`,
		},
		{
			clause: "IMG-10", name: "the static services are described in the form of s6-rc", see: staticServices,
			show: `cd /etc/s6-overlay/s6-rc.d && ls -lLR main-hermes dashboard user && cat main-hermes/type dashboard/type`,
		},
		{
			clause: "IMG-11", name: "the scripts of /opt/hermes/docker are there, without byte-order mark or CRLF", see: dockerScripts,
			show: `cd /opt/hermes/docker && ls -l . s6-rc.d/dashboard && grep -lr "$(printf '\r\|\357\273\277')" .; grep HOME= s6-rc.d/dashboard/run`,
		},
		{
			clause: "IMG-12", name: "only root can write to the install tree", see: installTree,
			show: `find /opt/hermes ! -type l \( ! -user root -o -perm /022 -o ! -perm -0444 -o -type d ! -perm -0555 \) -ls; ls -ld /opt/hermes /opt/hermes/.git /opt/hermes/.env`,
		},
		{
			clause: "IMG-16", name: "licence, terminal interface and migration scripts are regular files",
			see: func(ctx context.Context, c *harness.Container) error {
				paths := in("/opt/hermes", "LICENSE", "ui-tui/dist/entry.js", "scripts/docker_config_migrate.py", "scripts/docker_rebootstrap_nous_session.py")
				return typed(ctx, c, "IMG-16", "file", paths, unlinked)
			},
			show: `cd /opt/hermes && ls -l LICENSE ui-tui/dist/entry.js scripts`,
		},
		{
			clause: "IMG-18", name: "the seed files are there",
			see: func(ctx context.Context, c *harness.Container) error {
				return typed(ctx, c, "IMG-18", "file", in("/opt/hermes", ".env.example", "cli-config.yaml.example", "docker/SOUL.md"), filled)
			},
			show: `cd /opt/hermes && ls -l .env.example cli-config.yaml.example docker/SOUL.md`,
		},
		{
			clause: "IMG-19", name: "/usr/bin/tini is a script", see: tiniScript,
			show: `ls -l /usr/bin/tini; head -c 2 /usr/bin/tini`,
		},
		{
			clause: "IMG-23", name: "the tools of the system are Debian's", see: debianTools,
			show: `for t in sh ps id stat grep cat; do command -v $t; done; cat /etc/ld.so.preload; env | grep ^LD_; true`,
		},
	}
}

func account(ctx context.Context, c *harness.Container) error {
	users, err := c.Content(ctx, "/etc/passwd")
	if err != nil {
		return err
	}
	groups, err := c.Content(ctx, "/etc/group")
	if err != nil {
		return err
	}
	user, group := entry(users, "hermes"), entry(groups, "hermes")
	if len(user) != 7 || user[2] != "10000" || user[3] != "10000" || user[5] != "/opt/data" || len(group) != 4 || group[2] != "10000" {
		return violates("IMG-06", "want user hermes 10000:10000 with home /opt/data and group hermes 10000, got %q in /etc/passwd and %q in /etc/group",
			strings.Join(user, ":"), strings.Join(group, ":"))
	}
	return nil
}

func supervisionTools(ctx context.Context, c *harness.Container) error {
	return errors.Join(
		typed(ctx, c, "IMG-08", "file", in("/command", "s6-svstat", "s6-svc", "s6-svscanctl", "s6-svwait", "s6-setuidgid", "s6-log", "s6-sleep",
			"with-contenv", "execlineb"), executable),
		typed(ctx, c, "IMG-08", "directory", []string{"/package/admin/s6-overlay"}))
}

func staticServices(ctx context.Context, c *harness.Container) error {
	const dir = "/etc/s6-overlay/s6-rc.d"
	kinds := in(dir, "main-hermes/type", "dashboard/type")
	errs := []error{
		typed(ctx, c, "IMG-10", "file", in(dir, "main-hermes/run", "dashboard/run", "dashboard/finish"), mode(0o755)),
		typed(ctx, c, "IMG-10", "file", append(in(dir, "main-hermes/dependencies.d/base", "dashboard/dependencies.d/base",
			"user/contents.d/main-hermes", "user/contents.d/dashboard"), kinds...)),
	}
	for _, path := range kinds {
		kind, err := c.Content(ctx, path)
		if err == nil && strings.TrimRight(kind, "\n") != "longrun" {
			err = violates("IMG-10", "%s: want longrun, got %q", path, kind)
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func dockerScripts(ctx context.Context, c *harness.Container) error {
	paths := in("/opt/hermes/docker", "main-wrapper.sh", "stage2-hook.sh", "entrypoint.sh", "hermes-exec-shim.sh", "tini-shim.sh", "SOUL.md",
		"s6-rc.d/dashboard/run")
	if err := typed(ctx, c, "IMG-11", "file", paths); err != nil {
		return err
	}
	var errs []error
	for _, path := range paths {
		text, err := c.Content(ctx, path)
		switch {
		case err != nil:
			errs = append(errs, err)
		case strings.Contains(text, "\r"):
			errs = append(errs, violates("IMG-11", "%s has CRLF", path))
		case strings.HasPrefix(text, "\ufeff"):
			errs = append(errs, violates("IMG-11", "%s begins with a byte-order mark", path))
		case strings.HasSuffix(path, "dashboard/run") && !strings.Contains(text, "export HOME=/opt/data"):
			errs = append(errs, violates("IMG-11", "%s does not export HOME=/opt/data", path))
		}
	}
	return errors.Join(errs...)
}

func installTree(ctx context.Context, c *harness.Container) error {
	files, more, err := c.Exposed(ctx, "/opt/hermes")
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range files {
		errs = append(errs, violates("IMG-12", "%s: owner %d, mode %04o%s", f.Path, f.UID, f.Mode, because(f.Error)))
	}
	if more {
		errs = append(errs, violates("IMG-12", "and more"))
	}
	return errors.Join(append(errs,
		typed(ctx, c, "IMG-12", "directory", []string{"/opt/hermes"}, mode(0o755)),
		absent(ctx, c, "IMG-12", in("/opt/hermes", ".git", ".env")...))...)
}

func because(cause string) string {
	if cause == "" {
		return ""
	}
	return fmt.Sprintf(" (%s)", cause)
}

func tiniScript(ctx context.Context, c *harness.Container) error {
	const path = "/usr/bin/tini"
	if err := typed(ctx, c, "IMG-19", "file", []string{path}, executable, unlinked); err != nil {
		return err
	}
	text, err := c.Content(ctx, path)
	if err == nil && !strings.HasPrefix(text, "#!") {
		err = violates("IMG-19", "%s does not begin with #!", path)
	}
	return err
}

// debianTools is also what each check wants to know before it asks a tool anything.
func debianTools(ctx context.Context, c *harness.Container) error {
	found, err := c.Strangers(ctx)
	if err != nil {
		return err
	}
	errs := make([]error, len(found))
	for i, what := range found {
		errs[i] = violates("IMG-23", "%s", what)
	}
	return errors.Join(errs...)
}
