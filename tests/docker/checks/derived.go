package checks

import (
	"context"
	"strings"

	"caduceus/tests/docker/harness"
)

// derivedChecks build images from the image.
// contract: DERIVED-01 DERIVED-02 RCP-22
func derivedChecks() []Check {
	return []Check{
		{
			Name: "a derived image that ends with USER hermes boots and redirects", Clauses: []string{"DERIVED-01", "RCP-22"},
			Doc: "docker build of FROM IMG, USER root, RUN, USER hermes; then every form of the command", Run: derivedUser,
		},
		{
			Name: "a derived image without a final USER remaps as usual", Clauses: []string{"DERIVED-02"},
			Doc: "docker build of FROM IMG, USER root, RUN; then a boot with HERMES_UID", Run: derivedRoot,
		},
	}
}

const derivedRun = "USER root\nRUN apt-get --version >/etc/derived && useradd --system derived-probe"

func derivedUser(ctx context.Context, s *harness.Subject) error {
	image, err := s.Derive(ctx, derivedRun+"\nUSER hermes")
	if err != nil {
		return broken("DERIVED-01", err)
	}
	for _, form := range []struct {
		name string
		spec harness.Spec
		code int
		says string
	}{
		{"a program", harness.Spec{Cmd: []string{"sh", "-c", "id -un; test -s /etc/derived && exit 42"}}, 42, "hermes\n"},
		{"a verb of the agent", harness.Spec{Cmd: []string{"version"}}, 0, "Hermes Agent v"},
		{"a flag of the agent", harness.Spec{Cmd: []string{"--version"}}, 0, "Hermes Agent v"},
		{"a question", harness.Spec{Cmd: []string{"chat", "--help"}}, 0, "usage: hermes chat"},
		{"no words", harness.Spec{}, -1, "hermes"}, // no terminal: what the agent says to that is its own
		{"a remap without root", harness.Spec{Env: map[string]string{"HERMES_UID": "4242"}, Cmd: []string{"id", "-u"}}, 0, "10000\n"},
		{"its notice", harness.Spec{Env: map[string]string{"HERMES_UID": "4242"}, Cmd: []string{"true"}}, 0, "HERMES_UID"},
		{"a start as root", harness.Spec{
			User: "0", Env: map[string]string{"HERMES_UID": "4242"}, Cmd: []string{"sh", "-c", "echo $(id -un) $(id -u) $(stat -c %u /opt/data)"},
		}, 0, "hermes 4242 4242\n"},
	} {
		form.spec.Image = image
		code, out, errs, err := run(ctx, s, form.spec)
		if err != nil {
			return err
		}
		if form.code >= 0 && code != form.code || !strings.Contains(out+errs, form.says) {
			return violates("DERIVED-01", "%s: want exit code %d and %q, got %d and:\n%s%s", form.name, form.code, form.says, code, out, errs)
		}
	}
	c, err := startGateway(ctx, s, harness.Spec{Image: image})
	if err != nil {
		return broken("DERIVED-01", err)
	}
	_, err = c.WaitSlot(ctx, "gateway-default", "up and wanted up", verbLimit, up)
	return broken("DERIVED-01", err)
}

func derivedRoot(ctx context.Context, s *harness.Subject) error {
	image, err := s.Derive(ctx, derivedRun)
	if err != nil {
		return broken("DERIVED-02", err)
	}
	code, out, errs, err := run(ctx, s, harness.Spec{
		Image: image, Env: map[string]string{"HERMES_UID": "4242"},
		Cmd: []string{"sh", "-c", `echo "$(id -un) $(id -u) $(stat -c %u /opt/data)"; exit 42`},
	})
	if err == nil && (code != 42 || !strings.Contains(out, "hermes 4242 4242\n")) {
		err = violates("DERIVED-02", "want exit code 42 and hermes 4242, got %d and:\n%s%s", code, out, errs)
	}
	return err
}
