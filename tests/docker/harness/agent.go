package harness

import "fmt"

// GatewayRuns is a script that succeeds once the gateway of a data directory runs: its state file says
// so, and the process that wrote it lives. The word "running" alone proves nothing: it stays there from
// an earlier run, and the boot writes it, too, before the gateway has begun.
func GatewayRuns(dir string) string {
	return fmt.Sprintf(`f='%s/gateway_state.json'; cat "$f" && grep -Eq '"gateway_state": *"running"' "$f" || exit 1
pid=$(sed -nE 's/.*"pid": *([0-9]+).*/\1/p' "$f"); start=$(sed -nE 's/.*"start_time": *([0-9]+).*/\1/p' "$f")
test -n "$pid" && test -n "$start" && test "$(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f20)" = "$start"`, dir)
}
