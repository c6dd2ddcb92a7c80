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
			Name: "a derived image without a final USER remaps as ever", Clauses: []string{"DERIVED-02"},
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
	code, out, errs, err := run(ctx, s, harness.Spec{Image: image, Cmd: []string{"sh", "-c", "id -un; cat /etc/derived; exit 42"}})
	if err != nil {
		return err
	}
	if code != 42 || !strings.Contains(out, "hermes\n") {
		return violates("DERIVED-01", "want hermes and exit code 42, got %d and:\n%s%s", code, out, errs)
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
