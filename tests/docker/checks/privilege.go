package checks

import (
	"context"
	"strings"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

// privilegeChecks have a hermes that wants to be root.
// contract: RUN-13 RUN-14 TOOL-13 SLOT-04
func privilegeChecks() []Check {
	return append(scripts(idle(), []scripted{{
		clause: "RUN-14", name: "no file of the image is setuid, setgid or has capabilities", user: "0",
		// One that has to stay would be left out here by name, with its reason. There is none.
		script: `found=$(find / -xdev -type f -perm /6000; getcap -r /etc /home /opt /root /srv /usr /var); echo "$found"; test -z "$found"`,
	}}),
		Check{
			Name: "hermes may ping in a bridged network and without any, though it can gain no privilege", Clauses: []string{"RUN-13"},
			Doc: "CMD pings loopback", Run: func(ctx context.Context, s *harness.Subject) error {
				return pings(ctx, s, nil, noNetwork)
			},
		},
		Check{
			Name: "hermes may ping in the host's network, or doctor says what keeps it from that", Clauses: []string{"RUN-13"},
			Doc: "CMD pings loopback with --network host", Run: func(ctx context.Context, s *harness.Subject) error {
				return pings(ctx, s, hostNetwork)
			},
		},
		Check{
			Name: "programs of the volume are for hermes, and root runs none of them", Clauses: []string{"TOOL-13"},
			Doc: "boots on a volume whose .local/bin has programs of the system, with gateway and dashboard", Run: programsOfTheVolume,
		},
		Check{
			Name: "a service that hermes puts into the scandir runs as hermes, and a script in the place of a signal's action does not run", Clauses: []string{"SLOT-04"},
			Doc: "registers a slot as hermes, puts a script beside the control fifo, and sends PID 1 the signal", Run: servicesOfHermes,
		})
}

func programsOfTheVolume(ctx context.Context, s *harness.Subject) error {
	spec := harness.Spec{Env: map[string]string{"HERMES_DASHBOARD": "1"}}
	for _, dir := range []string{"/opt/data", "/opt/data/.local", "/opt/data/.local/bin"} {
		spec.Files = append(spec.Files, harness.File{Path: dir, Dir: true}.Hermes())
	}
	for _, name := range []string{"sh", "bash", "id", "sleep", "mkdir", "basename", "test", "python3", "s6-setuidgid", "hermes-only"} {
		spec.Files = append(spec.Files, harness.File{
			Path: "/opt/data/.local/bin/" + name, Mode: 0o755,
			Content: "#!/bin/dash\necho $(/usr/bin/id -u) >>/tmp/ran-by\nexec /usr/bin/${0##*/} \"$@\"\n",
		}.Hermes())
	}
	c, err := startGateway(ctx, s, spec)
	if err != nil {
		return err
	}
	if _, err := c.WaitProcess(ctx, `hermes dashboard`, 0, bootLimit); err != nil {
		return err
	}
	return expectSh(ctx, c, "TOOL-13", `hermes-only 2>/dev/null; cat /tmp/ran-by; grep -q 10000 /tmp/ran-by && ! grep -q '^0' /tmp/ran-by`)
}

func servicesOfHermes(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	err = expectSh(ctx, c, "SLOT-04", `
		cd /run/service && mkdir -p .own/log &&
		printf '#!/bin/sh\nid -u >/tmp/run-by\nexec sleep 1000\n' >.own/run &&
		printf '#!/bin/sh\nid -u >/tmp/log-by\nexec cat\n' >.own/log/run &&
		chmod 755 .own/run .own/log/run && mv .own own && /command/s6-svscanctl -a .`)
	if err != nil {
		return err
	}
	const byHermes = `cat /tmp/run-by /tmp/log-by 2>&1; test "$(cat /tmp/run-by /tmp/log-by | tr '\n' ' ')" = "10000 10000 "`
	if _, err := c.WaitSh(ctx, "service and logger of hermes", byHermes, verbLimit); err != nil {
		return broken("SLOT-04", err)
	}
	err = expectSh(ctx, c, "SLOT-04", `
		cd /run/service && printf '#!/bin/sh\necho in place of the signal\n' >.s6-svscan/SIGUSR1 && chmod 755 .s6-svscan/SIGUSR1`)
	if err != nil {
		return err
	}
	if _, err := c.Root(ctx, "kill -USR1 1"); err != nil {
		return err
	}
	if _, err := c.Wait(ctx, verbLimit); err != nil {
		return broken("SLOT-04", err)
	}
	printed, err := c.AllLogs(ctx)
	if err == nil && strings.Contains(printed, "in place of the signal") {
		err = violates("SLOT-04", "a script of hermes ran in the place of SIGUSR1: %s", printed)
	}
	return err
}

func hostNetwork(h *container.HostConfig) { h.NetworkMode = "host" }

// pings wants loopback to answer, in each network. What the kernel forbids there is known by its own setting.
func pings(ctx context.Context, s *harness.Subject, networks ...func(*container.HostConfig)) error {
	const script = `grep -q 'NoNewPrivs:.1' /proc/self/status || exit 3
		ping -c 1 -W 5 127.0.0.1 && exit
		[ "$(cat /proc/sys/net/ipv4/ping_group_range)" = "$(printf '1\t0')" ] && hermes container doctor`
	for _, network := range networks {
		code, stdout, stderr, err := run(ctx, s, harness.Spec{Cmd: []string{"sh", "-c", script}, Host: network})
		switch {
		case err != nil:
			return err
		case code == 0 && strings.Contains(stdout, "1 received"):
		case code == 1 && strings.Contains(stdout, "✗ ping: net.ipv4.ping_group_range has no group of user hermes"):
		default:
			return violates("RUN-13", "want an answer, got code %d: %s%s", code, stdout, stderr)
		}
	}
	return nil
}
