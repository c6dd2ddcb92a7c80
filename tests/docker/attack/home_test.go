//go:build docker

package attack

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"caduceus/tests/docker/harness"
)

// systemIsRoots fails where root has given away something of the system's.
const systemIsRoots = `
for d in / /etc /usr /opt /opt/hermes /opt/hermes/bin /var/lib /var/lib/dpkg /run /run/s6 /srv /root /victim /victim/file; do
	[ "$(stat -Lc %u $d)" = 0 ] || { echo "$d belongs to $(stat -Lc %u $d)"; exit 1; }
done
[ "$(ls -A /victim)" = file ] || { ls -lA /victim; exit 1; }
grep -q ^root:x:0:0: /etc/passwd && [ "$(stat -c %U /opt/data/.env)" = hermes ]`

func victim() []harness.File {
	return []harness.File{{Path: "/victim", Dir: true}, {Path: "/victim/file", Content: "x"}}
}

// Red on 839b3f6: all but those behind a link of hermes' become hermes'.
func TestHomeThatIsNotTheAgentsStaysRoots(t *testing.T) {
	t.Parallel()
	for name, spec := range map[string]harness.Spec{
		"/var/lib":               {},
		"/opt":                   {},
		"/run/hermes":            {},
		"/srv/link":              {Files: []harness.File{{Path: "/srv/link", Link: "/opt"}}},
		"/srv/link/hermes":       {Files: []harness.File{{Path: "/srv/link", Link: "/opt"}}},
		"/srv/lib":               {Files: []harness.File{{Path: "/srv/lib", Link: "/var/lib"}}},
		"/victim/../var/lib":     {},
		"/opt/data/way/home":     {Files: []harness.File{(harness.File{Path: "/opt/data/way", Link: "/victim"}).Hermes()}},
		"/opt/data/way/hermes":   {Files: []harness.File{(harness.File{Path: "/opt/data/way", Link: "/opt"}).Hermes()}},
		"/opt/data/profiles/x/y": {},
	} {
		t.Run(name, func(t *testing.T) {
			spec.Env = map[string]string{"HERMES_HOME": name}
			spec.Files = append(victim(), spec.Files...)
			b := attack(t, "ENV-14").start(spec)
			b.wants(root, systemIsRoots, 0)
			logs, err := b.AllLogs(b.Ctx)
			b.Must(err)
			line := fmt.Sprintf("HERMES_HOME=%q", path.Clean(name))
			if n := strings.Count(logs, line); n < 1 || n > 2 || !strings.Contains(logs, "; using /opt/data") {
				t.Errorf("want one line with %s, got %s", line, logs)
			}
			// The value comes from the engine: what hermes starts goes by the boot's verdict.
			b.wants(hermes, `hermes container doctor`, 1, "HERMES_HOME", "using /opt/data")
		})
	}
}

// Red on 839b3f6: at the second restart /opt/hermes belongs to hermes.
func TestParentOfHomeThatBecomesALinkLeadsRootNowhere(t *testing.T) {
	const home = "/opt/data/profiles/x/deep/hermes"
	spec := harness.Spec{Env: map[string]string{"HERMES_HOME": home}, Files: victim()}
	for _, dir := range []string{"/opt/data", "/opt/data/profiles", "/opt/data/profiles/x"} {
		spec.Files = append(spec.Files, (harness.File{Path: dir, Dir: true}).Hermes())
	}
	b := attack(t, "ENV-14").start(spec)
	for _, target := range []string{"/opt", "/", "/run/s6-rc/servicedirs", "/victim"} {
		b.wants(hermes, `mkdir -p /opt/data/profiles/x && cd /opt/data/profiles/x && { rm -rf deep 2>/dev/null || mv deep old$$; } && ln -sn `+target+` deep`, 0)
		b.Must(b.Restart(b.Ctx))
		_, err := b.WaitProcess(b.Ctx, `^sleep infinity$`, 0, bootLimit)
		b.Must(err)
		b.wants(root, systemIsRoots, 0)
		b.wants(root, `! find /run/s6-rc /opt/hermes/bin /victim -user hermes | grep -v /supervise | grep -v /event | grep .`, 0)
	}
}

// A home that people have keeps working, as before 839b3f6.
func TestHomeThatPeopleHaveKeepsWorking(t *testing.T) {
	t.Parallel()
	const good = `[ "$(stat -c %U $HERMES_HOME $HERMES_HOME/.env | sort -u)" = hermes ] && hermes container doctor`
	for name, spec := range map[string]harness.Spec{
		"missing":   {Env: map[string]string{"HERMES_HOME": "/data"}},
		"a profile": {Env: map[string]string{"HERMES_HOME": "/opt/data/profiles/coder"}},
		"of a derived image": {
			Env:   map[string]string{"HERMES_HOME": "/srv/agent"},
			Files: []harness.File{{Path: "/srv/agent", Dir: true}, {Path: "/srv/agent/config.yaml", Content: "{}\n"}},
		},
		"started as hermes": {User: "10000:10000"},
	} {
		t.Run(name, func(t *testing.T) {
			attack(t, "ENV-14", "ENV-08").start(spec).wants(hermes, `: ${HERMES_HOME:=/opt/data}; `+good, 0)
		})
	}
	t.Run("a volume elsewhere", func(t *testing.T) {
		a := attack(t, "ENV-14", "ENV-08")
		volume, err := a.Subject.Volume(a.Ctx)
		a.Must(err)
		b := a.start(harness.Spec{
			Env: map[string]string{"HERMES_HOME": "/mnt/agent"}, Volumes: []harness.Volume{{Name: volume, Path: "/mnt/agent"}},
		})
		b.wants(hermes, good, 0)
	})
}
