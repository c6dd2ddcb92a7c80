package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"caduceus/internal/clause"
	"caduceus/internal/front/volumelock"
	"caduceus/internal/launch"
	"caduceus/internal/s6"
)

func TestMain(m *testing.M) {
	commands := map[string]func(){}
	for name, main := range map[string]func() int{
		"hermes":        hermesMain,
		"hermes-health": hermesMain,
		"apt-get":       hermesMain,
		"pip":           hermesMain,
		"uv":            hermesMain,
		"fake-init":     fakeInitMain,
		"fake-holder":   fakeHolderMain,
		"fake-s6-svc":   fakeSvcMain,
		"fake-agent":    fakeAgentMain,
	} {
		commands[name] = func() { os.Exit(main()) } //nolint:forbidigo // testscript's commands are programs
	}
	testscript.Main(m, commands)
}

// TestScripts runs the transcripts of testdata/script: the front with a fake agent, and mostly with a fake
// init that supervises $SCANDIR.
func TestScripts(t *testing.T) {
	clause.Proves(t, "GW-01", "GW-02", "GW-03", "GW-06", "GW-08", "GW-09", "GW-10", "GW-12", "GW-13", "GW-14", "GW-17", "GW-18", "GW-19", "GW-20", "GW-21", "GW-22")
	clause.Proves(t, "SHIM-01", "EXEC-01", "EXEC-02", "EXEC-03", "NAME-03", "NAME-04", "PROF-01", "PROF-02", "PROF-04", "PROF-05", "STATUS-01",
		"STATUS-02", "STATUS-03", "STATUS-04", "STATUS-07", "CMD-01", "CMD-02", "CMD-03", "CMD-04", "CMD-06", "CMD-08", "CMD-09", "RUN-01", "RUN-05", "HEALTH-01", "HEALTH-06", "HEALTH-07",
		"TOOL-12", "TOOL-14", "TOOL-15", "TOOL-18", "BELOW-03", "HOLD-01", "HOLD-02")
	schemas, err := filepath.Abs("../../../docs/reference/schema")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SCHEMAS", schemas)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup:               prepare,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"await": await, "conforms": conforms},
		Condition: func(name string) (bool, error) {
			if name != "root" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return os.Geteuid() == 0, nil
		},
	})
}

// prepare makes the image's files below FAKE_ROOT, a volume, and a scandir with the default slot.
func prepare(env *testscript.Env) error {
	root := filepath.Join(env.WorkDir, "image")
	home := filepath.Join(env.WorkDir, "data")
	scandir := filepath.Join(env.WorkDir, "service")
	env.Setenv("GORACE", "atexit_sleep_ms=0") // each exec would wait a second for late reports
	env.Setenv("FAKE_ROOT", root)
	env.Setenv("HERMES_HOME", home)
	env.Setenv("H", home)
	env.Setenv("SCANDIR", scandir)
	env.Setenv("S6_PROFILE_GATEWAY_SCANDIR", scandir)
	for _, dir := range []string{"opt/hermes/libexec", "opt/hermes/docker", "command", "etc", "proc/1", "run/s6"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			return err
		}
	}
	for link, program := range map[string]string{
		agentPath: "fake-agent", svcPath: "fake-s6-svc", setuidgidPath: "fake-s6-svc",
	} {
		path, err := launch.Find(program, env.Getenv("PATH"))
		if err != nil {
			return err
		}
		script := "#!/bin/sh\nexec " + path + " \"$@\"\n"
		if err := os.WriteFile(filepath.Join(root, link), []byte(script), 0o755); err != nil {
			return err
		}
	}
	if err := below(root); err != nil {
		return err
	}
	for name, content := range map[string]string{
		"etc/passwd": "root:x:0:0::/root:/bin/sh\nhermes:x:10000:10000::/opt/data:/bin/sh\n",
		"etc/group":  "root:x:0:\nhermes:x:10000:\n",
	} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o644); err != nil {
			return err
		}
	}
	if err := holds(root); err != nil {
		return err
	}
	// Root works on the volume and on slots with the file rights of hermes, who has to get there.
	for dir := env.WorkDir; dir != filepath.Clean(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			return err
		}
	}
	for _, dir := range []string{home, scandir} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		if os.Geteuid() == 0 {
			if err := os.Chown(dir, 10000, 10000); err != nil {
				return err
			}
		}
	}
	return nil
}

// below makes what lies below the agent: programs that say their versions.
func below(root string) error {
	for path, content := range map[string]string{
		"etc/debian_version":          "13.8\n",
		"usr/local/bin/node":          "#!/bin/sh\necho v24.19.0\n",
		"opt/hermes/.venv/bin/python": "#!/bin/sh\ncase $4 in *sqlite*) echo 3.54.1 ;; *) echo 3.13.5 ;; esac\n",
		"opt/hermes/.venv/lib/python3.13/site-packages/hermes_agent-0.19.0.dist-info/RECORD": "",
	} {
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// holds makes this container the holder of the volume: its service for that is ready.
func holds(root string) error {
	dir := filepath.Join(root, "run/s6-rc/servicedirs", volumelock.Slot, s6.SuperviseDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	status := s6.Status{Pid: 1, WantUp: true, Ready: true}
	return os.WriteFile(filepath.Join(dir, s6.StatusFile), status.Encode(), 0o644)
}

// conforms validates stdout against a schema of docs/reference/schema, as one JSON object.
func conforms(ts *testscript.TestScript, neg bool, args []string) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(os.Getenv("SCHEMAS"), args[0]))
	ts.Check(err)
	object, err := jsonschema.UnmarshalJSON(strings.NewReader(ts.ReadFile("stdout")))
	ts.Check(err)
	if err := schema.Validate(object); (err == nil) == neg {
		ts.Fatalf("%s: %v", args[0], err)
	}
}

// await waits for a file to exist, or with ! to be gone.
func await(ts *testscript.TestScript, neg bool, args []string) {
	limit := time.After(time.Minute) // a bound of the wait, not a measure: hosts are loaded
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for {
		_, err := os.Stat(ts.MkAbs(args[0]))
		if (err == nil) != neg {
			return
		}
		select {
		case <-limit:
			ts.Fatalf("%s: %v after a minute", args[0], err)
		case <-poll.C:
		}
	}
}
