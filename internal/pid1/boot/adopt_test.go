package boot_test

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
)

// The user's supervisor is killed again and again: PID 1 starts the next one, which goes on with the services as they
// are. What dies meanwhile is known by its own exit code.
func TestServicesOutliveTheSupervisorOfTheUser(t *testing.T) {
	clause.Proves(t, "SUP-111", "SUP-112", "SUP-114", "SUP-117", "FAULT-09")
	t.Parallel()
	b := withHermes(t)
	b.script("etc/cont-init.d/02", `
		: >/tmp/starts; : >/tmp/ends; chmod 666 /tmp/starts /tmp/ends
		mkdir -p /run/service/.new; cd /run/service/.new
		printf '#!/bin/sh\necho $$ >>/tmp/starts\ntrap "exit 7" USR1\nwhile :; do sleep 0.01; done\n' >run
		printf '#!/bin/sh\necho "exitcode $1" >>/tmp/ends\n' >finish
		chmod 755 run finish; chown -R 10000:10001 .; mv /run/service/.new /run/service/svc`)
	p := b.start(nil, "sh", "-c", `
		svc=/run/service/svc
		supervisor() { pgrep -f '^s6-svscan-user '; }
		pid() { /command/s6-svstat -o up,pid $svc 2>/dev/null | sed -n 's/^true //p'; }
		another() {
			old=$(supervisor); kill -9 $old
			until new=$(supervisor) && [ "$new" != "$old" ]; do sleep 0.01; done
		}
		until [ -s /tmp/starts ] && [ -n "$(pid)" ]; do sleep 0.01; done
		first=$(pid)
		another
		until /command/s6-svstat $svc >/dev/null 2>&1; do sleep 0.01; done
		[ "$(pid)" = $first ] && echo same
		old=$(supervisor); kill -9 $old; kill -USR1 $first
		until [ $(wc -l </tmp/starts) = 2 ]; do sleep 0.01; done
		until [ -n "$(pid)" ] && [ $(pid) != $first ]; do sleep 0.01; done
		cat /tmp/ends
		echo end; exec sleep 1000`)
	p.prints("end\n")
	if out := p.stdout.String(); !strings.HasPrefix(out, "same\n") || !strings.Contains(out, "exitcode 7") {
		t.Errorf("stdout %q, stderr\n%s", out, p.stderr.String())
	}
	p.stop()
	p.expect(0)
}
