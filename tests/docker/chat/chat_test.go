//go:build docker

package chat

import (
	"strings"
	"testing"

	"caduceus/tests/docker/harness"
)

// config is the guide's: a local inference server in the container's network.
const config = `model:
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

// contract: RCP-06 ENV-10
func TestChatQuery(t *testing.T) {
	k := newTalk(t, "RCP-06", "ENV-10")
	c := k.start(harness.Spec{
		Cmd:   []string{"chat", "-q", "run: printenv HOME"},
		Files: volume(map[string]string{"config.yaml": config}),
	})
	ended, err := c.Wait(k.ctx, gatewayLimit)
	k.must(err)
	out, stderr, err := c.Logs(k.ctx)
	k.must(err)
	if ended.Code != 0 || !strings.Contains(out, "the tool said: ") || !strings.Contains(out, "/opt/data/home") {
		t.Errorf("want the answer with the tool's HOME and exit code 0, got code %d and\n%s%s\nthe model was asked:\n%s", ended.Code, out, stderr, k.asked())
	}
}
