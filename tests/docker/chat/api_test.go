//go:build docker

package chat

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"caduceus/tests/docker/harness"
)

const (
	apiKey = "0123456789abcdef0123456789abcdef"
	// The two places a key can come from; the longer the name, the sooner the
	// agent takes it for a real one.
	fromContainer = "key-given-to-the-container"
	fromFile      = "key-of-the-file-in-the-volume"
	fromProfile   = "key-of-the-file-of-the-profile"
)

// openAIConfig leaves the key to the environment: OpenAI's, by the server's name.
const openAIConfig = `model:
  provider: custom
  model: my-model
  base_url: http://` + openAI + `:8000/v1
`

// server is an API server as a program inside its container reaches it.
type server struct {
	*fixture
	c    *harness.Container
	base string
}

// gateway starts a gateway with an API server and waits until it answers.
func (f *fixture) gateway(base string, env, files map[string]string) server {
	f.Helper()
	a := server{f, f.start(harness.Spec{Cmd: []string{"gateway", "run"}, Env: env, Files: volume(files)}), base}
	_, err := a.c.WaitSh(f.Ctx, "answer of /health", "curl -fsS --max-time 3 "+base+"/health", gatewayLimit)
	f.Must(err)
	return a
}

// curl returns status code, headers and body of a request, with the right key
// unless the arguments bring another Authorization.
func (a server) curl(path string, args ...string) (code int, head, body string) {
	a.Helper()
	if !strings.Contains(strings.Join(args, " "), "Authorization:") {
		args = append(args, "-H", "Authorization: Bearer "+apiKey)
	}
	cmd := append([]string{"curl", "-sS", "-i", "--max-time", fmt.Sprint(answerLimit.Seconds()), a.base + path}, args...)
	res, err := a.c.Exec(a.Ctx, harness.Exec{Cmd: cmd})
	a.Must(err)
	head, body, ok := strings.Cut(res.Stdout, "\r\n\r\n")
	if _, err := fmt.Sscanf(head, "HTTP/1.1 %d", &code); err != nil || !ok {
		a.Fatalf("cannot read the answer to %q: %s", cmd, res)
	}
	return code, head, body
}

// ask is a question to the agent by POST /v1/chat/completions.
func (a server) ask(question string) string {
	a.Helper()
	code, _, body := a.curl("/v1/chat/completions", "-H", "Content-Type: application/json",
		"-d", `{"model":"hermes-agent","messages":[{"role":"user","content":"`+question+`"}]}`)
	var answer struct {
		Choices []struct {
			Message struct{ Content string }
		}
	}
	if err := json.Unmarshal([]byte(body), &answer); code != http.StatusOK || err != nil || len(answer.Choices) != 1 {
		a.Fatalf("want an answer to %q, got %d %s\nthe model was asked:\n%s", question, code, body, a.asked())
	}
	return answer.Choices[0].Message.Content
}

// wantKey looks at the key of every question that reached the model since the
// last look.
func (f *fixture) wantKey(where, want string) {
	f.Helper()
	all, err := f.peer.Requests(f.Ctx)
	f.Must(err)
	if len(all) == f.seen {
		f.Errorf("%s: no question reached the model", where)
	}
	for _, r := range all[f.seen:] {
		if r.Key != want {
			f.Errorf("%s: want the model asked with %q, got %q for %s", where, want, r.Key, r.Path)
		}
	}
	f.seen = len(all)
}

// chatExec asks by `docker exec hermes … chat -q`.
func (a server) chatExec(args ...string) {
	a.Helper()
	res, err := a.c.Hermes(a.Ctx, append(args, "chat", "-q", "say: pong")...)
	a.Must(err)
	if res.Code != 0 || !strings.Contains(res.Stdout, "pong") {
		a.Errorf("%q: want the answer pong and exit code 0, got %s", args, res)
	}
}

// A conversation over the API server: who may ask, what comes back, and that the
// container's key is used in it, turn after turn, although .env has another; a profile's own .env wins there.
func TestTheAPIServerAnswersWithTheModelsAnswer(t *testing.T) {
	f := newFixtureWithModel(t, "NET-01", "ENV-05", "ENV-10", "RCP-10")
	a := f.gateway("http://127.0.0.1:8642", map[string]string{
		"API_SERVER_ENABLED": "true", "API_SERVER_HOST": "0.0.0.0", "API_SERVER_KEY": apiKey, "API_SERVER_CORS_ORIGINS": "*",
		"OPENAI_API_KEY": fromContainer,
	}, map[string]string{
		"config.yaml": openAIConfig, ".env": "OPENAI_API_KEY=" + fromFile + "\n",
		"profiles/coder/config.yaml": openAIConfig, "profiles/coder/.env": "OPENAI_API_KEY=" + fromProfile + "\n",
	})
	for name, header := range map[string]string{"no key": "Authorization:", "a wrong key": "Authorization: Bearer " + apiKey + "0"} {
		for _, path := range []string{"/v1/models", "/v1/chat/completions"} {
			args := []string{"-H", header}
			if path == "/v1/chat/completions" {
				args = append(args, "-d", `{"messages":[{"role":"user","content":"hi"}]}`)
			}
			if code, _, body := a.curl(path, args...); code != http.StatusUnauthorized {
				t.Errorf("%s of %s: want 401, got %d %s", name, path, code, body)
			}
		}
	}
	if asked := f.asked(); asked != "" {
		t.Errorf("want no question to reach the model without the key, got\n%s", asked)
	}
	if code, head, _ := a.curl("/v1/models", "-H", "Origin: http://else.where"); code != http.StatusOK || !strings.Contains(head, "Access-Control-Allow-Origin: *") {
		t.Errorf("want models with CORS for any origin, got:\n%s", head)
	}

	if got := a.ask("run: printenv HOME"); !strings.Contains(got, `"output": "/opt/data/home"`) {
		t.Errorf("want the output of the agent's terminal tool in its answer, got %q", got)
	}
	f.wantKey("first turn", fromContainer)
	if got := a.ask("say: pong"); got != "pong" {
		t.Errorf("want the answer pong, got %q", got)
	}
	f.wantKey("after the reload of .env", fromContainer)
	a.chatExec()
	f.wantKey("docker exec", fromContainer)
	a.chatExec("-p", "coder")
	f.wantKey("docker exec, in a profile", fromProfile)
}

// The defaults of the API server, and keys that only the files have: a variable
// given to the container without a value hides nothing.
func TestAPIServerDefaults(t *testing.T) {
	f := newFixtureWithModel(t, "NET-02", "ENV-05", "ENV-06")
	const origin = "http://one.example"
	a := f.gateway("http://127.0.0.1:8700", map[string]string{
		"API_SERVER_ENABLED": "true", "API_SERVER_KEY": apiKey, "API_SERVER_PORT": "8700", "API_SERVER_CORS_ORIGINS": origin,
		"OPENAI_API_KEY": "",
	}, map[string]string{
		"config.yaml": openAIConfig, ".env": "OPENAI_API_KEY=" + fromFile + "\n",
		"profiles/coder/config.yaml": openAIConfig, "profiles/coder/.env": "OPENAI_API_KEY=" + fromProfile + "\n",
	})
	res, err := a.c.Sh(f.Ctx, "ss -ltnH")
	f.Must(err)
	if !strings.Contains(res.Stdout, "127.0.0.1:8700 ") || strings.Contains(res.Stdout, "0.0.0.0:8700") || strings.Contains(res.Stdout, ":8642 ") {
		t.Errorf("want it on 127.0.0.1:8700 alone, got:\n%s", res.Stdout)
	}
	for from, want := range map[string]int{origin: http.StatusOK, "http://else.where": http.StatusForbidden} {
		if code, head, _ := a.curl("/v1/models", "-H", "Origin: "+from); code != want {
			t.Errorf("origin %s: want %d, got:\n%s", from, want, head)
		}
	}

	if got := a.ask("say: pong"); got != "pong" {
		t.Errorf("want the answer pong, got %q", got)
	}
	f.wantKey("the gateway", fromFile)
	a.chatExec()
	f.wantKey("docker exec", fromFile)
	a.chatExec("-p", "coder")
	f.wantKey("docker exec, in a profile", fromProfile)
}
