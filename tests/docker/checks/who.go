package checks

import (
	"context"
	"errors"
	"strings"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

// FollowsCheck is about what was hermes' when its ids change.
const FollowsCheck = "what belonged to hermes follows a change of its ids, and nothing else does"

// ForgedCheck is about the memory of the ids that hermes had.
const ForgedCheck = "hermes cannot say whose files it gets"

// whoChecks give hermes other ids on a used volume, and ask programs who they are.
// contract: WHO-01 WHO-02 WHO-03 WHO-04
func whoChecks() []Check {
	list := []Check{
		{
			Name: FollowsCheck, Clauses: []string{"WHO-01", "WHO-02", "SETUP-11"},
			Doc: "boots one volume as 10000, 1000, 2000:1000, 2000:3000 and 10000 again, with files of others in it", Run: follows,
		},
		{
			Name: ForgedCheck, Clauses: []string{"WHO-02"},
			Doc: "plants a memory of other ids as hermes, by a copy of root's, and by an older one; boots with other ids", Run: forged,
		},
		{
			Name: "an entry that hermes cannot read is named, and stays whose it is", Clauses: []string{"WHO-03"},
			Doc: "boots on a volume with a directory of 4711", Run: stranger,
		},
	}
	for _, e := range waysToRun() {
		list = append(list, Check{
			Name: "the user has an account where programs look: " + e.name, Clauses: []string{"WHO-04"},
			Doc: "asks id, ssh-keygen, Python, Node and git", Run: func(ctx context.Context, s *harness.Subject) error { return named(ctx, s, e) },
		})
	}
	return list
}

// bootsOn runs a script as hermes on a volume, in a container of its own, and returns all output.
func bootsOn(ctx context.Context, s *harness.Subject, volume, clause string, environ map[string]string, script string) (string, error) {
	c, err := s.Start(ctx, harness.Spec{
		Volumes: []harness.Volume{{Name: volume}}, Env: environ, Cmd: []string{"bash", "-ec", script}, Host: noNetwork,
	})
	if err != nil {
		return "", err
	}
	end, err := c.Wait(ctx, bootLimit)
	if err != nil {
		return "", err
	}
	out, err := c.AllLogs(ctx)
	if err == nil && end.Code != 0 {
		err = violates(clause, "%s with %v: exit code %d:\n%s", script, environ, end.Code, out)
	}
	return out, errors.Join(err, c.Remove(ctx))
}

// asRoot runs a script as root on a volume, without a boot.
func asRoot(ctx context.Context, s *harness.Subject, volume, script string) error {
	c, err := s.Start(ctx, harness.Spec{
		Volumes: []harness.Volume{{Name: volume}}, User: "0", Entrypoint: []string{"bash", "-ec"}, Cmd: []string{"cd /opt/data; " + script},
	})
	if err != nil {
		return err
	}
	end, err := c.Wait(ctx, bootLimit)
	if err == nil && end.Code != 0 {
		out, _ := c.AllLogs(ctx)
		err = violates("WHO-01", "%s: exit code %d: %s", script, end.Code, out)
	}
	return errors.Join(err, c.Remove(ctx))
}

func follows(ctx context.Context, s *harness.Subject) error {
	volume, err := s.Volume(ctx)
	if err != nil {
		return err
	}
	const (
		mine    = `cat ~/.ssh/id_ed25519 ~/proj/deep/f ~/workspace/f >/dev/null; echo x >>~/proj/deep/f; touch ~/proj/by-$(id -u); `
		foreign = `test "$(stat -c %u:%g other workspace/other roots shared | tr '\n' ' ')" = '4711:4711 4711:4711 0:0 4711:10000 '`
	)
	ids := func(uid, gid string) map[string]string {
		return map[string]string{"HERMES_UID": uid, "HERMES_GID": gid}
	}
	if _, err := bootsOn(ctx, s, volume, "WHO-01", nil,
		`umask 077; mkdir -p ~/.ssh ~/proj/deep ~/workspace; echo k >~/.ssh/id_ed25519; echo p >~/proj/deep/f; echo w >~/workspace/f; test ! -e ~/.container-ids`); err != nil {
		return err
	}
	if err := asRoot(ctx, s, volume, `for f in other workspace/other shared; do echo x >$f; chmod 644 $f; chown 4711:4711 $f; done; chown :10000 shared; echo x >roots`); err != nil {
		return err
	}
	for _, step := range []struct {
		environ map[string]string
		ids     string
	}{
		{ids("1000", "1000"), "1000:1000"}, {ids("2000", "1000"), "2000:1000"}, {ids("2000", "3000"), "2000:3000"}, {nil, "10000:10000"},
	} {
		out, err := bootsOn(ctx, s, volume, "WHO-01", step.environ, mine+`cd; `+foreign+`; stat -c %u:%g ~ ~/proj ~/proj/* ~/.ssh ~/workspace/f | sort -u | grep -x `+step.ids)
		if err == nil && !strings.Contains(out, "[stage2] Gave hermes ("+step.ids+") what belonged to its former ids in /opt/data: ") {
			err = violates("WHO-01", "nothing is said about the change to %s:\n%s", step.ids, out)
		}
		if err != nil {
			return err
		}
		out, err = bootsOn(ctx, s, volume, "WHO-01", step.environ, `[ "$(stat -c %u:%g ~/.container-ids)" = 0:0 ] && ! [ -w ~/.container-ids ]`)
		if err == nil && strings.Contains(out, "Gave hermes") {
			err = violates("WHO-01", "a boot without a change gave something away:\n%s", out)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func forged(ctx context.Context, s *harness.Subject) error {
	victim := `echo secret >victim; chown 4711:4711 victim; chmod 600 victim; `
	const planted = `echo '{"inode":1,"uids":[4711,1000],"gids":[4711]}' >`
	for _, e := range []struct{ name, hermes, root string }{
		{"a file of hermes' own", `rm -f ~/.container-ids; ` + planted + `~/.container-ids`, ""},
		{"a copy that root made of one", planted + `~/planted`, `cp planted .container-ids`},
		{"a link", `rm -f ~/.container-ids; ` + planted + `~/planted; ln -s planted ~/.container-ids`, `chown 0:0 planted`},
		{"an older one of a boot's", `mv ~/.older ~/.container-ids`, ""},
	} {
		volume, err := s.Volume(ctx)
		if err != nil {
			return err
		}
		older := `mv ~/.container-ids ~/.older`
		// 4711 was hermes once, and is somebody else since.
		for _, boot := range []struct{ uid, script string }{{"4711", older}, {"1000", e.hermes}} {
			if _, err := bootsOn(ctx, s, volume, "WHO-02", map[string]string{"HERMES_UID": boot.uid}, boot.script); err != nil {
				return err
			}
		}
		if err := asRoot(ctx, s, volume, victim+e.root); err != nil {
			return err
		}
		if _, err := bootsOn(ctx, s, volume, "WHO-02", map[string]string{"HERMES_UID": "2000"}, `! cat ~/victim`); err != nil {
			return errors.Join(violates("WHO-02", "hermes got a file by %s", e.name), err)
		}
	}
	return nil
}

func stranger(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{Files: []harness.File{
		(harness.File{Path: "/opt/data", Dir: true}).Hermes(),
		{Path: "/opt/data/photos", Dir: true, Mode: 0o700, UID: 4711, GID: 4711},
		{Path: "/opt/data/open", Content: "x", UID: 4711, GID: 4711},
	}})
	if err != nil {
		return err
	}
	const fix = "docker exec -u 0 CONTAINER chown -R 10000:10000 /opt/data/photos"
	logs, err := c.AllLogs(ctx)
	if err == nil && (strings.Count(logs, fix) != 1 || strings.Contains(logs, "/opt/data/open")) {
		err = violates("WHO-03", "want %q once, and nothing of /opt/data/open:\n%s", fix, logs)
	}
	return errors.Join(err,
		expectSh(ctx, c, "WHO-03", `hermes container doctor | grep -A1 '^✗ /opt/data/photos: it belongs to uid 4711' | grep -F '`+fix+`' && ! hermes container doctor | grep /opt/data/open`),
		expectSh(ctx, c, "WHO-03", `test "$(stat -c %u:%g /opt/data/photos)" = 4711:4711`))
}

// wayToRun is a cell of the table of restricted environments.
type wayToRun struct {
	name string
	spec harness.Spec
	want string // of id -un
}

func waysToRun() []wayToRun {
	anyUID := map[string]string{"HERMES_ALLOW_ANY_UID": "1"}
	hardened := func(h *container.HostConfig) {
		readOnlyRoot(h)
		capabilities()(h)
		noNewPrivileges(h)
		h.Tmpfs["/run"] = "mode=1777"
	}
	return []wayToRun{
		{"as root starts it", harness.Spec{}, "hermes"},
		{"--user 10000:10000", harness.Spec{User: "10000:10000"}, "hermes"},
		{"--user 10000 with a group that has no name", harness.Spec{User: "10000:4711"}, "hermes"},
		{"any uid in group root", harness.Spec{User: "123456:0", Env: anyUID}, "hermes123456"},
		{"a small uid", harness.Spec{User: "99:100", Env: anyUID}, "hermes99"},
		{"any uid and gid, hardened", harness.Spec{User: "4711:4712", Env: anyUID, Host: hardened}, "hermes4711"},
		{"--user 10000:10000, hardened", harness.Spec{User: "10000:10000", Host: hardened}, "hermes"},
		{"any uid under --init", harness.Spec{User: "4711", Env: anyUID, Host: withInit}, "hermes4711"},
		{"other ids on a read-only root", harness.Spec{Env: map[string]string{"HERMES_UID": "99", "HERMES_GID": "4000"}, Host: readOnlyRoot}, "hermes"},
		{"other ids with SETUID and SETGID only", harness.Spec{Env: map[string]string{"HERMES_UID": "4242"}, Host: capabilities("SETUID", "SETGID")}, "hermes"},
		{"any uid with 32 processes", harness.Spec{User: "4711", Env: anyUID, Host: tiny}, "hermes4711"},
	}
}

func named(ctx context.Context, s *harness.Subject, w wayToRun) error {
	spec := w.spec
	spec.Cmd = []string{"bash", "-ec", `
test "$(id -un)" = ` + w.want + ` && id -Gn
ssh-keygen -q -t ed25519 -N '' -f /tmp/key
python3 -c 'import os, pwd, grp; print(pwd.getpwuid(os.getuid()).pw_dir, [grp.getgrgid(g).gr_name for g in os.getgroups()])' | grep ^/opt/data
getent passwd "$(id -u)" | cut -d: -f1 | grep -x ` + w.want + `
echo asked`}
	code, out, errs, err := run(ctx, s, spec)
	if err == nil && (code != 0 || !strings.Contains(out, "asked\n")) {
		err = violates("WHO-04", "exit code %d:\n%s%s", code, out, errs)
	}
	return err
}
