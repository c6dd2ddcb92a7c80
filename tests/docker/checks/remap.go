package checks

import (
	"context"
	"errors"
	"strings"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

// remapChecks give hermes other ids.
// contract: SETUP-02 SETUP-03 SETUP-04 SETUP-05 SETUP-06 SETUP-07 SETUP-08 SETUP-09 SETUP-16 SETUP-33
func remapChecks() []Check {
	list := []Check{}
	for _, e := range []struct {
		name, clause string
		env          map[string]string
		uid, gid     string
		says         string
	}{
		{"HERMES_UID and HERMES_GID remap hermes", "SETUP-02", map[string]string{"HERMES_UID": "4242", "HERMES_GID": "4343"}, "4242", "4343", "[stage2] Changing hermes UID to 4242"},
		{"PUID and PGID are aliases, a used gid is shared", "SETUP-06", map[string]string{"PUID": "99", "PGID": "100"}, "99", "100", "[stage2] Changing hermes GID to 100"},
		{"HERMES_UID wins over PUID", "SETUP-03", map[string]string{"HERMES_UID": "4242", "PUID": "99"}, "4242", "10000", "[stage2] Changing hermes UID to 4242"},
		{"a uid in use is shared and still called hermes", "SETUP-07", map[string]string{"HERMES_UID": "33"}, "33", "10000", "[stage2] Changing hermes UID to 33"},
		{"uids as large as those of directory services are accepted", "SETUP-04", map[string]string{"HERMES_UID": "4294967294"}, "4294967294", "10000", "[stage2] Changing hermes UID to 4294967294"},
		{"a HERMES_UID that is no number is ignored and named", "SETUP-04", map[string]string{"HERMES_UID": "12x"}, "10000", "10000", "12x"},
		{"HERMES_UID=0 is ignored and named", "SETUP-04", map[string]string{"HERMES_UID": "0"}, "10000", "10000", "HERMES_UID"},
	} {
		list = append(list, Check{
			Name: e.name, Clauses: []string{e.clause, "SETUP-05"}, Doc: "boots with other ids and asks the main program for its own",
			Run: func(ctx context.Context, s *harness.Subject) error {
				code, out, errs, err := run(ctx, s, harness.Spec{
					Env: e.env,
					Cmd: []string{"sh", "-c", `echo "ids $(id -u hermes):$(id -g hermes) mine $(id -u):$(id -g) $(id -un) data $(stat -c %u:%g /opt/data)"`},
				})
				if err != nil {
					return err
				}
				ids := e.uid + ":" + e.gid
				var bad []error
				if want := "ids " + ids + " mine " + ids + " hermes data " + ids; code != 0 || !strings.Contains(out, want+"\n") {
					bad = append(bad, violates(e.clause, "want %q, got exit code %d and:\n%s%s", want, code, out, errs))
				}
				if !strings.Contains(out+errs, e.says) {
					bad = append(bad, violates("SETUP-05", "want a line with %q, got:\n%s%s", e.says, out, errs))
				}
				return errors.Join(bad...)
			},
		})
	}
	return append(append(list, identityChecks()...), Check{
		Name: "HERMES_ADOPT_VOLUME_OWNER takes the ids of the volume", Clauses: []string{"SETUP-08"},
		Doc: "boots on a volume of 4711:4712",
		Run: func(ctx context.Context, s *harness.Subject) error {
			_, out, errs, err := run(ctx, s, harness.Spec{
				Env:   map[string]string{"HERMES_ADOPT_VOLUME_OWNER": "on"},
				Files: []harness.File{{Path: "/opt/data", Dir: true, UID: 4711, GID: 4712}},
				Cmd:   []string{"sh", "-c", `echo "mine $(id -u):$(id -g)"`},
			})
			if err == nil && (!strings.Contains(errs, "[stage2] Adopting owner 4711:4712 of /opt/data\n") || !strings.Contains(out, "mine 4711:4712\n")) {
				err = violates("SETUP-08", "got:\n%s%s", out, errs)
			}
			return err
		},
	})
}

// identityChecks are about ids where the kernel or the file system refuses.
func identityChecks() []Check {
	var list []Check
	for _, e := range []struct {
		name, clause string
		spec         harness.Spec
		says, prints string
	}{
		{
			"a remap on a read-only root works by number", "SETUP-09",
			harness.Spec{Host: readOnlyRoot, Env: map[string]string{"HERMES_UID": "4242"}},
			"docker exec -u hermes", "mine 4242",
		},
		{
			"a refused chown is a warning", "SETUP-16",
			harness.Spec{
				Host:  capabilities("SETUID", "SETGID", "DAC_OVERRIDE", "FOWNER"),
				Files: []harness.File{{Path: "/opt/data/sessions", Dir: true}},
			},
			"failed (rootless container?) — continuing", "mine 10000",
		},
		{
			"supplementary groups survive the drop", "SETUP-33",
			harness.Spec{Host: func(h *container.HostConfig) { h.GroupAdd = []string{"4711"} }},
			"", "groups 10000 4711",
		},
	} {
		e.spec.Cmd = []string{"sh", "-c", `echo "mine $(id -u)"; echo "groups $(id -G)"`}
		list = append(list, Check{
			Name: e.name, Clauses: []string{e.clause}, Doc: "asks the main program for its ids",
			Run: func(ctx context.Context, s *harness.Subject) error {
				code, out, errs, err := run(ctx, s, e.spec)
				if err == nil && (code != 0 || !strings.Contains(out, e.prints+"\n") || !strings.Contains(out+errs, e.says)) {
					err = violates(e.clause, "want %q and a line with %q, got exit code %d and:\n%s%s", e.prints, e.says, code, out, errs)
				}
				return err
			},
		})
	}
	return list
}
