package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// evidenceScripts run as root in a container that lives; each leaves one file.
// They use nothing that only our image brings.
func evidenceScripts() map[string]string {
	return map[string]string{
		"processes.txt": "ps -ww -eo pid,ppid,pgid,sid,user:12,stat,etimes,args --forest",
		"slots.txt": `for d in /run/service/*/ /run/service/*/log/; do
  echo "$d $(/command/s6-svstat "$d" 2>&1)"; ls -ln "$d" "$d/supervise" 2>&1
done`,
		"state.txt": `H=$(cat /run/s6/container_environment/HERMES_HOME 2>/dev/null || echo /opt/data)
ls -lan "$H" "$H/logs" 2>&1
find "$H" -maxdepth 4 \( -name 'gateway_state.json' -o -name '.gateway_intent.json' -o -name 'gateway.pid' \
  -o -name '.gateway-planned-stop.json' -o -name 'processes.json' -o -name 'container-boot.log' -o -path '*/logs/gateways/*/current' \) \
  -exec sh -c 'echo "== $1"; tail -c 20000 "$1"; echo' _ {} \;`,
		"environment.txt": "cd /run/s6/container_environment && ls -1", // names only: values may be secret
	}
}

// Evidence writes logs, inspect and, of a live container, its processes, slots
// and state files into dir.
func (c *Container) Evidence(ctx context.Context, dir string) error {
	var errs []error
	keep := func(name string, data []byte) {
		errs = append(errs, os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
	out, stderr, err := c.Logs(ctx)
	errs = append(errs, err)
	keep("stdout.log", []byte(out))
	keep("stderr.log", []byte(stderr))
	inspect, err := c.Inspect(ctx)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	text, err := json.MarshalIndent(inspect, "", "  ")
	errs = append(errs, err)
	keep("inspect.json", text)
	if !inspect.State.Running {
		return errors.Join(errs...)
	}
	for name, script := range evidenceScripts() {
		res, err := c.ask(ctx, Exec{Cmd: []string{"sh", "-c", script}, User: "0"}) // for people: a tool that lies is evidence, too
		if err != nil {
			errs = append(errs, fmt.Errorf("cannot collect %q: %w", name, err))
			continue
		}
		keep(name, []byte(res.Stdout+res.Stderr))
	}
	return errors.Join(errs...)
}
