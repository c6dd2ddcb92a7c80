//go:build docker

package chat

import (
	_ "embed"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/tests/docker/harness"
)

//go:embed testdata/read_dotenv.py
var readDotenv string

// The boot reads .env as the agent does: its reader is held to the same files by a test of its own.
func TestTheAgentReadsDotenvAsTheBootExpects(t *testing.T) {
	f := newFixture(t, "SETUP-34", "SETUP-37")
	content, err := os.ReadFile("../../../internal/front/dotenv/testdata/agent.json")
	f.Must(err)
	var cases []struct {
		Name, Text string
		Values     map[string]string
	}
	f.Must(json.Unmarshal(content, &cases))
	c := f.start(harness.Spec{
		Entrypoint: []string{"sleep"}, Cmd: []string{"infinity"},
		Files: []harness.File{{Path: "/tmp/read_dotenv.py", Content: readDotenv}, {Path: "/tmp/cases.json", Content: string(content)}},
	})
	res, err := c.Exec(f.Ctx, harness.Exec{
		Cmd: []string{"/opt/hermes/.venv/bin/python", "/tmp/read_dotenv.py", "/tmp/cases.json"}, Env: []string{"PYTHONDONTWRITEBYTECODE=1"},
	})
	f.Must(err)
	var got []map[string]string
	if err := json.Unmarshal([]byte(res.Stdout), &got); err != nil || len(got) != len(cases) || len(cases) < 25 {
		t.Fatalf("want what the agent found in each of %d files, got %s (%v)", len(cases), res, err)
	}
	for i, c := range cases {
		if diff := cmp.Diff(c.Values, got[i]); diff != "" {
			t.Errorf("%s: the boot expects (-), the agent finds (+):\n%s", c.Name, diff)
		}
	}
}
