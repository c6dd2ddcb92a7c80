package checks

import (
	"context"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

// FullLogCheck must turn red for a broken image of the test suite.
const FullLogCheck = "neither a full disk nor a logger that dies stops a gateway"

// loggerChecks take from a logger what it needs.
// contract: LOG-07
func loggerChecks() []Check {
	return []Check{{
		Name: FullLogCheck, Clauses: []string{"LOG-07"},
		Doc: "gives the gateway's slot a run that counts what it has written; kills its logger twelve times, stops it, and fills the disk of its file, and frees it again",
		Run: fullLog,
	}}
}

// counter writes lines, and how many it could write.
const counter = `#!/command/with-contenv sh
i=$(cat /tmp/count 2>/dev/null || echo 0)
while :; do
  for k in 1 2 3 4 5 6 7 8 9 10; do
    i=$((i+1)); echo "line $i ........................................................................................................................"
  done
  echo $i >/tmp/count.new && mv /tmp/count.new /tmp/count
done
`

func fullLog(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{
		Files: []harness.File{{Path: "/opt/probe/run", Mode: 0o755, Content: counter}},
		Host: func(h *container.HostConfig) {
			h.Tmpfs = map[string]string{"/opt/data/logs/gateways": "size=8m,mode=755,uid=10000,gid=10000"}
		},
	})
	if err != nil {
		return err
	}
	const slot, logs = "/run/service/gateway-default", "/opt/data/logs/gateways/default"
	// More lines than the pipe to the logger can hold.
	const goesOn = `n=$(cat /tmp/count); for i in $(seq 600); do [ $(cat /tmp/count) -gt $((n+2000)) ] && exit 0; sleep 0.1; done; exit 1`
	const pid = `/command/s6-svstat -o pid ` + slot + `/log`
	for _, step := range []struct{ what, script string }{
		{"the gateway writes", `cp /opt/probe/run ` + slot + `/run.new && mv ` + slot + `/run.new ` + slot + `/run && /command/s6-svc -u ` + slot + ` &&
for i in $(seq 100); do [ -s /tmp/count ] && break; sleep 0.1; done; ` + goesOn},
		{"the logger is back after twelve deaths", `for k in $(seq 12); do p=$(` + pid + `); [ "$p" -gt 0 ] || exit 1; kill -9 $p; for i in $(seq 100); do n=$(` + pid + `); [ "$n" -gt 0 ] && [ "$n" != "$p" ] && break; sleep 0.1; done; [ "$n" -gt 0 ] || exit 1; done; ` + goesOn},
		{"a restart brings a logger back that is down", `/command/s6-svc -wD -T 10000 -d ` + slot + `/log; hermes gateway restart && /command/s6-svwait -u -t 10000 ` + slot + `/log && ` + goesOn},
		{"the gateway goes on with a full disk", `dd if=/dev/zero of=/opt/data/logs/gateways/fill bs=64k 2>/dev/null; ` + goesOn + ` && ` + goesOn},
		{"the logger has no file then", `for i in $(seq 300); do test -e ` + slot + `/log/no-room && exit 0; sleep 0.1; done; exit 1`},
		{"its file goes on when there is room", `rm /opt/data/logs/gateways/fill; for i in $(seq 300); do [ $(($(date +%s) - $(stat -c %Y ` + logs + `/current))) -lt 2 ] && ! test -e ` + slot + `/log/no-room && exit 0; sleep 0.1; done; ls -la ` + logs + `; exit 1`},
		{"its files keep their size", `! find ` + logs + ` -size +1100k | grep .`},
	} {
		res, err := c.Sh(ctx, step.script)
		if err != nil {
			return err
		}
		if res.Code != 0 {
			return violates("LOG-07", "%s: %s", step.what, res)
		}
	}
	return nil
}
