package cli

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestRoute(t *testing.T) {
	clause.Proves(t, "CMD-07", "GW-03", "GW-08", "GW-14", "PROF-01", "PROF-04", "STATUS-01")
	for line, want := range map[string]string{
		"":                               byAgent,
		"--help":                         byAgent,
		"--version":                      byAgent,
		"chat -q gateway":                byAgent,
		"dashboard --port 1":             byAgent,
		"gateway":                        byGatewayRun,
		"gateway run":                    byGatewayRun,
		"gateway run --no-supervise -v":  byGatewayRun,
		"--accept-hooks gateway run":     byGatewayRun,
		"gateway run --help":             byGatewayRun,
		"gateway run --bogus":            byAgent,
		"gateway --help":                 byGateway,
		"gateway start":                  byGateway,
		"gateway stop --all":             byGateway,
		"gateway restart --system":       byGateway,
		"gateway status --json":          byGateway,
		"gateway install":                byGateway,
		"gateway uninstall":              byGateway,
		"gateway setup":                  byAgent,
		"gateway list":                   byAgent,
		"gateway migrate-legacy":         byAgent,
		"profile":                        byAgent,
		"profile list":                   byAgent,
		"profile create x":               byProfileCreate,
		"profile import x.tar.gz":        byProfileCreate,
		"profile install github.com/a/b": byProfileCreate,
		"profile create --help":          byAgent,
		"profile delete x --yes":         byProfileDelete,
		"profile rename a b":             byProfileRename,
		"status":                         byStatus,
		"status --deep":                  byStatus,
		"doctor":                         byDoctor,
		"container doctor":               byContainer,
		"completion":                     byCompletion,
		"completion zsh":                 byCompletion,
		"mcp --help":                     byAgent,
		"-z gateway run":                 byAgent,
	} {
		if got := route(strings.Fields(line)); got != want {
			t.Errorf("route(%q) = %q, want %q", line, got, want)
		}
	}
}

func TestPositional(t *testing.T) {
	for line, want := range map[string]string{
		"":               "",
		"a b":            "a b",
		"--yes a -y":     "a",
		"--from a b":     "b",
		"--from=a b":     "b",
		"a --from":       "a",
		"-x --from -y b": "b",
	} {
		if got := strings.Join(positional(strings.Fields(line), "--from"), " "); got != want {
			t.Errorf("positional(%q) = %q, want %q", line, got, want)
		}
	}
}
