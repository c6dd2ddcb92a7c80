package checks

import (
	"context"
	"strings"

	"caduceus/tests/docker/harness"
)

// agentChecks are about what the unmodified agent finds and calls.
// contract: AGT-02 AGT-03 AGT-04 AGT-06 AGT-10 STATE-02 STATE-03 ENV-05 ENV-06 EXEC-03 RCP-14 RCP-34
func agentChecks() []Check {
	return append(append(scripts(supervised(), []scripted{
		{
			clause: "AGT-02", name: "the gateway's command line is one the agent knows as its own",
			script: `ps -ww -o args= -p "$(/command/s6-svstat -o pid /run/service/gateway-default)"`, match: `^\S*python[0-9.]* \S+/hermes gateway run --replace\n$`,
		},
		{
			clause: "STATE-02", name: "the state file has the agent's keys",
			script: `python3 -c '
import json, datetime
s = json.load(open("/opt/data/gateway_state.json"))
missing = {"kind", "pid", "argv", "start_time", "gateway_state", "updated_at"} - set(s)
assert not missing, missing
assert s["kind"] == "hermes-gateway", s
print(type(s["updated_at"]).__name__)'`, match: `^(str|int)\n`,
		},
		{
			clause: "STATE-03", name: "the agent reads the state after our verbs wrote it",
			script: `cd /opt/hermes && python3 -c 'from gateway.status import read_runtime_status as r; print(r()["gateway_state"])'`, want: "running",
		},
	}), scripts(idle(), []scripted{
		{clause: "RCP-14", name: "sounddevice lists the audio devices", script: `/opt/hermes/.venv/bin/python -c "import sounddevice as sd; print(sd.query_devices())"`},
		{
			clause: "RCP-34", name: "an audio server of the host silences the container's warning",
			script: `cd /opt/hermes && for v in X=1 PULSE_SERVER=unix:/none PIPEWIRE_REMOTE=/none; do env $v python3 -c '
from tools.voice_mode import detect_audio_environment as d
print(any("ontainer" in w for w in d()["warnings"]))'; done`, want: "True\nFalse\nFalse",
		},
	})...),
		Check{
			Name: "the agent registers, runs and unregisters a slot of its own making", Clauses: []string{"AGT-04", "AGT-06"},
			Doc: "drives the agent's S6ServiceManager by Python, as hermes", Run: agentSlot,
		},
		Check{
			Name: ToolTimeCheck, Clauses: []string{"AGT-03"},
			Doc: "times each call that the agent's S6ServiceManager makes through a gateway's life, and a slot that ignores SIGTERM", Run: toolTimes,
		},
		Check{
			Name: "a non-empty variable of the container beats .env, an empty one does not", Clauses: []string{"ENV-05", "ENV-06"},
			Doc: "asks the agent's own loader in the main program", Run: containerBeatsDotenv,
		},
		Check{
			Name: "a boot leaves the agent's marker files alone", Clauses: []string{"AGT-10"},
			Doc: "boots an idle container on a volume with each of them", Run: markers,
		},
		Check{
			Name: "a missing agent and a missing s6-setuidgid are named", Clauses: []string{"EXEC-03"},
			Doc: "moves the agent, then s6-setuidgid, out of the way of docker exec", Run: missingParts,
		})
}

func agentSlot(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	const manager = `cd /opt/hermes && mkdir -p /opt/data/profiles/probe && python3 -c '
from hermes_cli.service_manager import S6ServiceManager
m = S6ServiceManager()
%s'`
	call := func(clause, python, want string) error {
		res, err := c.Sh(ctx, strings.Replace(manager, "%s", python, 1))
		if err == nil && (res.Code != 0 || res.Output() != want) {
			err = violates(clause, "%s: want %q, got %s", python, want, res)
		}
		return err
	}
	if err := call("AGT-04", `m.register_profile_gateway("probe"); print("probe" in m.list_profile_gateways())`, "True"); err != nil {
		return err
	}
	if _, err := c.WaitSlot(ctx, "gateway-probe", "up and wanted up", verbLimit, up); err != nil {
		return broken("AGT-04", err)
	}
	// Its scripts run as they are: the agent comes up and its banner reaches docker logs.
	if err := c.WaitLog(ctx, banner, gatewayLimit); err != nil {
		return broken("AGT-04", err)
	}
	if err := call("AGT-06", `m.unregister_profile_gateway("probe"); print("probe" in m.list_profile_gateways())`, "False"); err != nil {
		return err
	}
	_, err = c.WaitSh(ctx, "end of all that belonged to the slot",
		`! test -e /run/service/gateway-probe && ! ps -ww -eo args | grep -E '[p]robe gateway run|[g]ateways/probe'`, verbLimit)
	return broken("AGT-06", err)
}

// ToolTimeCheck is about how long the agent's calls of s6 tools take.
const ToolTimeCheck = "the supervision tools return within the agent's time limits"

// timedManager walks a slot through its life by the agent's own code. Its subprocess.run is timed: the
// agent gives up on 5 s, and on 15 s for s6-svwait.
const timedManager = `cd /opt/hermes && mkdir -p /opt/data/profiles/probe && python3 -c '
import subprocess, sys, time
real, seen, late = subprocess.run, set(), []
def run(argv, **kw):
    tool, begin = argv[0].rsplit("/", 1)[-1], time.monotonic()
    result = real(argv, **kw)
    took = time.monotonic() - begin
    limit = {"s6-svc": 5, "s6-svstat": 5, "s6-svscanctl": 5, "s6-svwait": 15}.get(tool)
    if limit:
        seen.add(tool)
        print(tool, *argv[1:-1], "%.3f s" % took, file=sys.stderr)
        if took > limit or result.returncode not in ((0, 1, 111) if tool == "s6-svstat" else (0,)): # 1: not supervised yet; 111: no status yet
            late.append((argv, took, result))
    return result
subprocess.run = run
from hermes_cli.service_manager import S6ServiceManager
m, name = S6ServiceManager(), "gateway-probe"
m.register_profile_gateway("probe")
deadline = time.monotonic() + 60
while not m.is_running(name) and time.monotonic() < deadline:
    time.sleep(0.1)
m.restart(name)
m.start(name)
m.stop(name)
m.unregister_profile_gateway("probe")
assert not late, late
print(*sorted(seen))'`

func toolTimes(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	res, err := c.Sh(ctx, timedManager)
	if err != nil {
		return err
	}
	if res.Code != 0 || res.Output() != "s6-svc s6-svscanctl s6-svstat s6-svwait" {
		return violates("AGT-03", "want each tool called and back in time, got %s", res)
	}
	// A service that never ends must not hold the agent up for longer either.
	return expectSh(ctx, c, "AGT-03", scanFor+`d=/run/service/deaf && mkdir $d $d/event $d/supervise && chmod 3730 $d/event && mkfifo -m 660 $d/supervise/control && printf '#!/bin/sh\ntrap "" TERM\nwhile :; do sleep 1; done\n' >$d/run && chmod +x $d/run &&
scan $d && timeout 5 /command/s6-svc -wu -T 4000 -u $d && timeout 5 /command/s6-svc -d $d && timeout 5 /command/s6-svstat $d || exit
timeout 15 /command/s6-svwait -D -t 10000 $d; test $? = 99 && /command/s6-svc -k $d`)
}

func containerBeatsDotenv(ctx context.Context, s *harness.Subject) error {
	code, out, errs, err := run(ctx, s, harness.Spec{
		Env:   map[string]string{"OPENROUTER_API_KEY": "from-container", "ANTHROPIC_API_KEY": ""},
		Files: []harness.File{harness.File{Path: "/opt/data/.env", Content: "OPENROUTER_API_KEY=from-file\nANTHROPIC_API_KEY=from-file\nEXA_API_KEY=only-file\n"}.Hermes()},
		Cmd: []string{"sh", "-c", `cd /opt/hermes && exec python3 -c '
import os
from hermes_cli.env_loader import load_hermes_dotenv
for _ in range(2):
    load_hermes_dotenv()
    print(*(os.environ.get(k) for k in ("OPENROUTER_API_KEY", "ANTHROPIC_API_KEY", "EXA_API_KEY")))'`},
	})
	if err != nil {
		return err
	}
	const want = "from-container from-file only-file\nfrom-container from-file only-file\n"
	if code != 0 || !strings.HasSuffix(out, want) {
		return violates("ENV-05", "want %q twice, got exit code %d and:\n%s%s", want, code, out, errs)
	}
	return nil
}

func markers(ctx context.Context, s *harness.Subject) error {
	var files []harness.File
	names := []string{".gateway-takeover.json", ".drain_request.json", ".clean_shutdown", ".restart_notify.json"}
	for _, n := range names {
		files = append(files, harness.File{Path: "/opt/data/" + n, Content: "{}"}.Hermes())
	}
	c, err := startIdle(ctx, s, harness.Spec{Files: files})
	if err != nil {
		return err
	}
	return expectSh(ctx, c, "AGT-10", `cd /opt/data && for f in `+strings.Join(names, " ")+`; do test "$(cat $f)" = '{}' || { echo $f; exit 1; }; done`)
}

func missingParts(ctx context.Context, s *harness.Subject) error {
	c, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	for _, e := range []struct {
		script string
		code   int
		says   string
	}{
		{`mv /opt/hermes/libexec/hermes /opt/hermes/libexec/away; hermes --version`, 127, "hermes-shim: /opt/hermes/libexec/hermes not found or not executable"},
		{`mv /opt/hermes/libexec/away /opt/hermes/libexec/hermes; rm /command/s6-setuidgid; hermes --version`, 126, ""},
	} {
		res, err := c.Root(ctx, e.script)
		if err != nil {
			return err
		}
		if res.Code != e.code || !strings.Contains(res.Stderr, e.says) || res.Stderr == "" {
			return violates("EXEC-03", "%s: want exit code %d and %q on stderr, got %s", e.script, e.code, e.says, res)
		}
	}
	return nil
}
