//go:build docker

package attack

import (
	"strings"
	"testing"

	"caduceus/tests/docker/harness"
)

// A client of s6 that root calls opens by name what it needs in the directory that it is given. 839b3f6, and each revision
// up to e4e871d: `s6-svc -u` writes its letter to the first byte of the file that hermes has put a link to.
func TestRootsClientsWriteNothingWhereASlotLeads(t *testing.T) {
	const host = "/srv/host/keep"
	b := attack(t, "SVC-11", "SVC-06", "SVC-08").start(harness.Spec{Files: []harness.File{
		{Path: "/srv/host", Dir: true}, {Path: host, Content: "kept\n"},
	}})
	b.Must(b.Copy(b.Ctx, harness.File{Path: "/tmp/clients", Mode: 0o755, Content: `#!/bin/sh
for s in slot whole main-hermes; do
	for c in "s6-svc -u" "s6-svc -r" "s6-svdt-clear" "s6-svok" "s6-svwait -t 1 -U" "s6-svc -T 1 -wU -u"; do
		timeout 5 $1$c /run/service/$s
	done
done
timeout 5 $1s6-svscanctl -a /run/service; timeout 5 $1s6-ftrig-notify /run/service/slot/event u; timeout 5 $1s6-cleanfifodir /run/service/slot/event
exit 0
`}))
	before := b.run(root, bystanders)
	b.try(`make slot "exec sleep 1000"; make whole "exec sleep 1000"; scan; up slot; up whole
		plant() { mv $1 $1.old; ln -s ` + host + ` $1; }
		for s in slot main-hermes; do plant /run/service/$s/supervise/control; plant /run/service/$s/supervise/death_tally; done
		mv /run/service/slot/event /run/service/slot/.event; ln -s /srv/host /run/service/slot/event
		mv /run/service/whole /run/service/.whole; mkdir /run/service/whole; ln -s /srv/host /run/service/whole/supervise; ln -s /srv/host /run/service/whole/event
		plant /run/service/.s6-svscan/control`)
	for _, prefix := range []string{"/command/", ""} {
		b.as(root, "/tmp/clients "+prefix)
		b.wants(root, "cat "+host+"; ls -A /srv/host", 0, "kept\nkeep\n")
		b.unchanged("19", before)
	}
}

// What is root's own stays for root, and a slot of hermes obeys root as before.
func TestRootCommandsServicesOfBoth(t *testing.T) {
	b := attack(t, "SVC-11", "SVC-06", "SVC-07", "SVC-08").start(harness.Spec{Files: []harness.File{
		{Path: "/etc/services.d/roots", Dir: true},
		{Path: "/etc/services.d/roots/run", Content: "#!/bin/sh\nexec sleep 1000\n", Mode: 0o755},
	}})
	b.try(`make slot "exec sleep 1000"; scan; up slot; up roots`)
	for _, service := range []string{"slot", "roots"} {
		for _, prefix := range []string{"/command/", ""} {
			b.wants(root, `set -e; cd /run/service; for s in /run/service/`+service+` ./`+service+`; do
				`+prefix+`s6-svok $s; `+prefix+`s6-svc -T 9000 -wD -d $s; [ "$(s6-svstat -o up $s)" = false ]
				`+prefix+`s6-svc -u $s; `+prefix+`s6-svwait -u -t 9000 $s; [ "$(s6-svstat -o up $s)" = true ]; done
				`+prefix+`s6-svscanctl -a /run/service; `+prefix+`s6-svscanctl -a /run/s6/root-service`, 0)
		}
	}
	b.wants(root, "s6-svc", 100, "usage")
	b.wants(hermes, "/command/s6-svc -d /run/service/roots", 111)
}

// Tools of the image that root calls take nothing from where hermes can write. 839b3f6, and each revision up to e4e871d: npm
// executes the byte code that it finds in /tmp/node-compile-cache, which hermes can make first.
func TestRootsToolsTakeNothingFromHermes(t *testing.T) {
	b := attack(t, "IMG-03").start(harness.Spec{})
	b.wants(hermes, "install -d -m 777 /tmp/node-compile-cache", 0)
	for _, tool := range []string{
		"npm --version", "npm ls -g", "npx --version", "node -e 1", "uv --version", "uvx --version", "python3 -c 1", "git --version",
		"rg --version", "curl --version", "docker --version", "ssh -V", "agent-browser --version",
	} {
		b.wants(root, "cd / && "+tool, 0)
	}
	if left := b.run(root, "find /tmp /var/tmp /dev/shm /opt/data -mindepth 1 -user 0 ! -name .container.lock ! -name .container-ids"); strings.TrimSpace(left) != "" {
		t.Errorf("attack 20: tools of root work in directories of all: %s", left)
	}
}
