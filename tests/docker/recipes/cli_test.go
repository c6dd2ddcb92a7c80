//go:build docker

package recipes

import (
	"os"
	"strings"
	"testing"
	"time"
)

// chatLimit is how long the agent may take to start, or to answer.
const chatLimit = 3 * time.Minute

// ready is what the classic chat prints when it takes a question.
const ready = `Type your message[\s\S]*❯`

// answerSetup chooses a provider, a key and a model, and leaves the wizard.
func answerSetup(wizard *terminal, model string) {
	wizard.expect(`How would you like to set up Hermes[\s\S]*Blank Slate`, chatLimit)
	wizard.send("j") // Full setup
	wizard.expect(`→ \(○\) Full setup`, verbLimit)
	wizard.send("\r")
	wizard.expect(`Select provider[\s\S]*Fireworks`, chatLimit)
	wizard.send("j")
	wizard.expect(`→ \(○\) Fireworks`, verbLimit)
	wizard.send("\r")
	wizard.expect(`FIREWORKS_API_KEY[^\n]*: `, chatLimit)
	wizard.send("fw-recipe-0123456789\r")
	wizard.expect(`API key saved`, verbLimit)
	wizard.expect(`Base URL[^\n]*: `, verbLimit)
	wizard.send("\r")
	wizard.expect(`Model name: `, chatLimit)
	wizard.send(model + "\r")
	wizard.expect(`Select terminal backend`, chatLimit)
	wizard.interrupt(verbLimit) // "Press Ctrl+C at any time to exit", once a question
}

func TestSetupWritesTheConfiguration(t *testing.T) {
	u := newUser(t, "RCP-01")
	u.ok("mkdir -p ~/.hermes")
	wizard := u.terminal(`docker run -it --rm \
  -v ~/.hermes:/opt/data \
  nousresearch/hermes-agent setup`)
	answerSetup(wizard, "some-model")

	info, err := os.Stat(u.file(".hermes/.env"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 || !strings.Contains(u.read(".hermes/.env"), "FIREWORKS_API_KEY=fw-recipe-0123456789\n") {
		t.Errorf("want the key in .env with mode 0600, got %v and:\n%s", info.Mode(), u.read(".hermes/.env"))
	}
	if !strings.Contains(u.read(".hermes/config.yaml"), "some-model") {
		t.Errorf("want the model in config.yaml, got:\n%s", u.read(".hermes/config.yaml"))
	}
}

func TestAChatAtATerminal(t *testing.T) {
	t.Parallel()
	const run = "docker run -it --rm \\\n  -v ~/.hermes:/opt/data \\\n  nousresearch/hermes-agent"
	for name, c := range map[string]struct{ before, chat, ready string }{
		"no arguments": {":", run, ready},
		"--tui":        {":", run + " --tui", `ready │`},
		"inside a running container": {
			"docker run -d --name hermes -v ~/.hermes:/opt/data nousresearch/hermes-agent sleep infinity",
			"docker exec -it hermes /opt/hermes/.venv/bin/hermes", ready,
		},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUser(t, "RCP-05", "RCP-06")
			u.custom(u.peer())
			u.ok(c.before)
			if c.before != ":" {
				u.healthy()
			}
			chat := u.terminal(c.chat)
			chat.expect(c.ready, chatLimit)
			chat.enter("hello")
			chat.expect(`you\s*said:\s*hello`, chatLimit)
			chat.enter("/exit")
			if code := chat.wait(); code != 0 {
				t.Errorf("want exit code 0, got %d", code)
			}
		})
	}
}

func TestOtherCommandsRunOnce(t *testing.T) {
	u := newUser(t, "RCP-06", "RCP-32")
	u.custom(u.peer())
	asked := u.sh(`docker run --rm -v ~/.hermes:/opt/data nousresearch/hermes-agent chat -q "say: pong"`)
	if asked.code != 0 || !strings.Contains(asked.stdout, "pong") {
		t.Errorf("want the provider's answer and exit code 0, got %s", asked)
	}

	shell := u.terminal("docker run -it --rm -v ~/.hermes:/opt/data nousresearch/hermes-agent bash")
	shell.expect(`\$ `, bootLimit)
	shell.send("id -un; exit 42\r")
	shell.expect(`[\r\n]hermes\r\n`, verbLimit)
	if code := shell.wait(); code != 42 {
		t.Errorf("want the shell's exit code 42, got %d", code)
	}

	version := u.terminal("docker run -it --rm nousresearch/hermes-agent:latest version     # Verify version")
	version.expect(`Hermes Agent v\d+\.\d+`, bootLimit)
	if code := version.wait(); code != 0 {
		t.Errorf("want exit code 0 of version, got %d", code)
	}

	u.ok("docker run -d --name hermes -v ~/.hermes:/opt/data nousresearch/hermes-agent sleep infinity")
	u.until("sleep infinity as the main program", "docker exec hermes pgrep -x sleep -a -P 1", bootLimit,
		func(r result) bool { return strings.HasSuffix(r.stdout, " sleep infinity\n") })
	u.healthy()
}

func TestKeysOfTheEnvironmentWinOverDotenv(t *testing.T) {
	u := newUser(t, "RCP-10")
	base := u.peer()
	u.write(".hermes/.env", "OPENAI_API_KEY=sk-of-the-file\nANTHROPIC_API_KEY=sk-ant-of-the-file\n")
	u.write(".hermes/config.yaml", "model:\n  provider: openai-api\n  model: my-model\n  base_url: "+base+"/v1\n  api_mode: chat_completions\n")
	chat := u.terminal(`docker run -it --rm \
  -v ~/.hermes:/opt/data \
  -e ANTHROPIC_API_KEY="sk-ant-of-the-flag" \
  -e OPENAI_API_KEY="sk-of-the-flag" \
  nousresearch/hermes-agent`)
	chat.expect(ready, chatLimit)
	chat.enter("hello")
	chat.expect(`you\s*said:\s*hello`, chatLimit)
	asked := u.requests(base)
	if len(asked) == 0 || asked[0].Key != "sk-of-the-flag" {
		t.Errorf("want the provider asked with the key of -e, got %+v", asked)
	}
}

func TestAContainerThatExitsAtOnceSaysWhy(t *testing.T) {
	u := newUser(t, "RCP-29")
	for name, c := range map[string]struct{ run, says string }{
		"mistyped":    {"docker run -d --name hermes-mistyped -v ~/.hermes:/opt/data nousresearch/hermes-agent gatewy run", "gatewy"},
		"unsupported": {"docker run -d --name hermes-unsupported --user 4321 -v ~/.hermes:/opt/data nousresearch/hermes-agent gateway run", "HERMES_UID"},
	} {
		u.ok(c.run)
		if code := strings.TrimSpace(u.ok("docker wait hermes-" + name)); code == "0" {
			t.Errorf("%s: want an exit code other than 0", name)
		}
		if logs := u.ok("docker logs hermes-" + name + " 2>&1"); !strings.Contains(logs, c.says) {
			t.Errorf("%s: want %q in docker logs, got:\n%s", name, c.says, logs)
		}
	}
	u.write(".hermes/.env", "GOOD=1\nthis is no assignment\n")
	u.ok("docker run --name hermes -v ~/.hermes:/opt/data nousresearch/hermes-agent true")
	if logs := u.ok("docker logs hermes 2>&1"); !strings.Contains(logs, "line 2") || !strings.Contains(logs, ".env") {
		t.Errorf("want the bad line of .env named in docker logs, got:\n%s", logs)
	}
}

func TestTheExitCodeOfAForegroundGatewayIsTheContainers(t *testing.T) {
	u := newUser(t, "RCP-33")
	const start = "docker run -d --name hermes -v ~/.hermes:/opt/data nousresearch/hermes-agent gateway run --no-supervise"
	for _, c := range []struct{ name, end, code string }{
		{"ended", "docker exec hermes pkill -TERM -f 'hermes gateway run --no-supervise$' -P 1", "1"},
		{"killed", "docker exec hermes pkill -KILL -f 'hermes gateway run --no-supervise$' -P 1", "137"},
	} {
		u.ok("rm -f ~/.hermes/gateway_state.json; " + start)
		u.gateway("hermes", ".hermes")
		r := u.sh(c.end)
		if code := strings.TrimSpace(u.ok("docker wait hermes")); code != c.code {
			t.Errorf("%s: want the gateway's exit code %s for the container, got %s after %s", c.name, c.code, code, r)
		}
		u.ok("docker rm -f hermes")
	}
}
