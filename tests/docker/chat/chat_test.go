//go:build docker

package chat

import (
	"strings"
	"testing"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
	"caduceus/tests/docker/peer/inference"
)

// localConfig is the guide's: an inference server in the container's network.
const localConfig = `model:
  provider: custom
  model: my-model
  base_url: http://vllm:8000/v1
  api_key: "none"
`

// volume is what a user has prepared in the data directory.
func volume(files map[string]string) []harness.File {
	var list []harness.File
	for name, content := range files {
		list = append(list, harness.File{Path: "/opt/data/" + name, Content: content}.Hermes())
	}
	return list
}

// chatRun is `docker run IMG chat -q QUESTION`: its output when it has ended with
// code 0.
func (f *fixture) chatRun(question string, env, files map[string]string) string {
	f.Helper()
	c := f.start(harness.Spec{Cmd: []string{"chat", "-q", question}, Env: env, Files: volume(files)})
	ended, err := c.Wait(f.Ctx, gatewayLimit)
	f.Must(err)
	out, stderr, err := c.Logs(f.Ctx)
	f.Must(err)
	if ended.Code != 0 {
		f.Errorf("want exit code 0, got %d and\n%s%s\nthe model was asked:\n%s", ended.Code, out, stderr, f.asked())
	}
	return out
}

// The guide's inference server, asked once, with the agent's own tool on the way.
func TestAQueryIsAnsweredWithATool(t *testing.T) {
	f := newFixtureWithModel(t, "RCP-06", "ENV-10")
	out := f.chatRun("run: printenv HOME", nil, map[string]string{"config.yaml": localConfig})
	if !strings.Contains(out, `the tool said: {"output": "/opt/data/home"`) {
		t.Errorf("want the answer with the tool's HOME, got\n%s\nthe model was asked:\n%s", out, f.asked())
	}
}

const anthropicConfig = `model:
  provider: anthropic
  model: my-model
  base_url: http://` + anthropic + `:8000
`

// The agent opens a page with its browser tool, in the memory that the guide gives it.
func TestTheAgentOpensAPage(t *testing.T) {
	docker.NeedsFull(t, "a browser")
	f := newFixtureWithModel(t, "RCP-31")
	c := f.start(harness.Spec{
		Cmd: []string{"chat", "-q", "browse: http://vllm:8000/"}, Files: volume(map[string]string{"config.yaml": localConfig}),
		Host: func(h *container.HostConfig) { h.ShmSize, h.Memory = 1<<30, 2<<30 },
	})
	ended, err := c.Wait(f.Ctx, gatewayLimit)
	f.Must(err)
	out, stderr, err := c.Logs(f.Ctx)
	f.Must(err)
	told := strings.Join(strings.Fields(out), " ") // the terminal's lines are short
	if ended.Code != 0 || !strings.Contains(told, `"success": true`) || !strings.Contains(told, inference.Title) {
		t.Errorf("want the page's title from the browser tool, got code %d and\n%s%s\nthe model was asked:\n%s", ended.Code, out, stderr, f.asked())
	}
}

// Keys given to the container are used over those of .env: Anthropic's, too.
func TestKeysOfTheContainerWinForAnthropic(t *testing.T) {
	f := newFixtureWithModel(t, "ENV-05", "RCP-10")
	out := f.chatRun("say: pong",
		map[string]string{"ANTHROPIC_API_KEY": fromContainer, "OPENAI_API_KEY": fromContainer},
		map[string]string{
			".env":        "ANTHROPIC_API_KEY=" + fromFile + "\n",
			"config.yaml": anthropicConfig,
		})
	if !strings.Contains(out, "pong") {
		t.Errorf("want the answer pong, got\n%s\nthe model was asked:\n%s", out, f.asked())
	}
	f.wantKey("docker run", fromContainer)
}

// The tests of keys can fail: without the image's hook the agent prefers .env.
func TestWithoutTheHookKeysOfDotenvWin(t *testing.T) {
	f := newFixtureWithModel(t, "ENV-05")
	spec := map[string]string{"config.yaml": openAIConfig, ".env": "OPENAI_API_KEY=" + fromFile + "\n"}
	c := f.start(harness.Spec{
		Cmd: []string{"chat", "-q", "say: pong"}, Env: map[string]string{"OPENAI_API_KEY": fromContainer},
		Files: append(volume(spec), harness.File{Path: "/opt/hermes/libexec/container_env.py"}),
	})
	_, err := c.Wait(f.Ctx, gatewayLimit)
	f.Must(err)
	f.wantKey("docker run without the hook", fromFile)
}
