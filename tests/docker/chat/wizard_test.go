//go:build docker

package chat

import (
	"context"
	"strings"
	"testing"

	"caduceus/tests/docker/harness"
)

// The guide's first command, by hand: the wizard asks for a key, the key lands in
// .env for hermes alone, and the next container asks the provider with it. On the
// way the wizard waits for its keys instead of spinning, which it can only if no
// service has made its terminal non-blocking.
func TestSetupWizard(t *testing.T) {
	f := newFixtureWithModel(t, "RCP-01")
	const key = "sk-or-v1-typed-by-hand"
	data, err := f.Subject.Volume(f.Ctx)
	f.Must(err)
	mounted := []harness.Volume{{Name: data}}

	w := f.terminal(harness.Spec{Cmd: []string{"setup"}, Volumes: mounted})
	w.expect("How would you like to set up Hermes", "", gatewayLimit)
	res, err := w.Sh(f.Ctx, `p=$(pgrep -f '[l]ibexec/hermes setup'); grep flags: /proc/$p/fdinfo/[012]`)
	f.Must(err)
	for line := range strings.Lines(res.Stdout) {
		if digits := strings.Fields(line); len(digits) != 2 || strings.HasSuffix(digits[1], "4002") {
			t.Errorf("want a terminal without O_NONBLOCK, got %s", line)
		}
	}
	w.choose("Full setup")
	w.choose("OpenRouter")
	w.expect("OPENROUTER_API_KEY .*: ", "", answerLimit)
	w.enter(key + enterKey)
	// Every further question has an answer that enter takes.
	w.expect("Setup Complete!", enterKey, answerLimit)
	ended, err := w.Wait(f.Ctx, answerLimit)
	f.Must(err)
	if ended.Code != 0 {
		t.Errorf("want exit code 0, got %d", ended.Code)
	}

	c := f.start(harness.Spec{
		Cmd: []string{"sh", "-c", `stat -c '%U %a' /opt/data/.env; grep '^OPENROUTER_API_KEY=' /opt/data/.env; hermes chat -q 'say: pong'`},
		Env: map[string]string{"OPENROUTER_BASE_URL": "http://vllm:8000/v1"}, Volumes: mounted,
	})
	ended, err = c.Wait(f.Ctx, gatewayLimit)
	f.Must(err)
	out, stderr, err := c.Logs(f.Ctx)
	f.Must(err)
	if ended.Code != 0 || !strings.Contains(out, "hermes 600\nOPENROUTER_API_KEY="+key+"\n") || !strings.Contains(out, "pong") {
		t.Errorf("want the key in .env and a conversation with it, got code %d and\n%s%s", ended.Code, out, stderr)
	}
	f.wantKey("after the wizard", key)
}

// A conversation at a terminal, in both of the agent's interfaces.
func TestAConversationAtATerminal(t *testing.T) {
	for name, args := range map[string][]string{"no arguments": nil, "--tui": {"--tui"}} {
		t.Run(name, func(t *testing.T) {
			f := newFixtureWithModel(t, "RCP-05", "RCP-06")
			w := f.terminal(harness.Spec{Cmd: args, Files: volume(map[string]string{"config.yaml": localConfig})})
			w.expect("clarify", "", gatewayLimit) // of the list of tools: the agent is ready
			w.enter("XYZZY")
			w.expect("XYZZY", "", answerLimit)
			// The terminal itself echoes what is typed before the prompt is there.
			f.Must(harness.Poll(f.Ctx, "a prompt", answerLimit, func(context.Context) (string, bool, error) {
				text := w.text()
				return text, strings.Contains(text, "❯"), nil
			}))
			w.enter(enterKey)
			// An interface that knows its screen moves over blanks instead of printing them.
			w.expect(`said:\s*XYZZY`, "", answerLimit)
			w.enter("/exit")
			w.expect("/exit", "", answerLimit)
			w.enter(enterKey)
			ended, err := w.Wait(f.Ctx, answerLimit)
			f.Must(err)
			if ended.Code != 0 {
				t.Errorf("want exit code 0, got %d", ended.Code)
			}
		})
	}
}
