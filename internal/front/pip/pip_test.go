package pip

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
)

const (
	to      = "--python /opt/hermes/.venv/bin/python3 --prefix /data/.local "
	install = Uv + " pip install " + to + "--link-mode copy --constraint /opt/hermes/libexec/python-packages.txt "
)

func TestPipIsTranslated(t *testing.T) {
	clause.Proves(t, "TOOL-18")
	for words, want := range map[string]string{
		"install cowsay":                        install + "cowsay",
		"install --user -U cowsay --no-input":   install + "-U cowsay",
		"-q install cowsay":                     install + "-q cowsay",
		"install -r requirements.txt":           install + "-r requirements.txt",
		"install --target /x cowsay":            Uv + " pip install --python /opt/hermes/.venv/bin/python3 --target /x cowsay",
		"install --prefix=/x cowsay":            Uv + " pip install --python /opt/hermes/.venv/bin/python3 --prefix=/x cowsay",
		"install --python /v/bin/python cowsay": Uv + " pip install --prefix /data/.local --link-mode copy --constraint /opt/hermes/libexec/python-packages.txt --python /v/bin/python cowsay",
		"uninstall -y cowsay":                   Uv + " pip uninstall " + to + "cowsay",
		"freeze":                                Uv + " pip freeze " + strings.TrimSpace(to),
		"show cowsay":                           Uv + " pip show " + to + "cowsay",
		"":                                      Uv + " pip --help",
		"--version":                             Uv + " --version",
		"help":                                  Uv + " pip --help",
	} {
		argv, err := Of(strings.Fields(words), "/data")
		if got := strings.Join(argv, " "); err != nil || got != want {
			t.Errorf("pip %s: %q (%v), want %q", words, got, err, want)
		}
	}
	if argv, err := Of([]string{"download", "cowsay"}, "/data"); err == nil || !strings.Contains(err.Error(), "uvx pip download") {
		t.Errorf("pip download: %q, %v", argv, err)
	}
}

func TestUvIsItsOwnUnlessItWouldChangeTheSealedEnvironment(t *testing.T) {
	clause.Proves(t, "TOOL-18")
	for _, c := range []struct {
		words  string
		active bool
		want   string // "": uv's own
	}{
		{"pip install cowsay", true, install + "cowsay"},
		{"pip install cowsay", false, ""},
		{"pip install --python /opt/hermes/.venv/bin/python cowsay", false, Uv + " pip install --prefix /data/.local --link-mode copy --constraint /opt/hermes/libexec/python-packages.txt --python /opt/hermes/.venv/bin/python cowsay"},
		{"pip install --python=/opt/hermes/.venv/bin/python cowsay", false, Uv + " pip install --prefix /data/.local --link-mode copy --constraint /opt/hermes/libexec/python-packages.txt --python=/opt/hermes/.venv/bin/python cowsay"},
		{"pip install --python /v/bin/python cowsay", true, ""},
		{"pip install --target /opt/data/lazy-packages cowsay", true, ""},
		{"pip install --system cowsay", true, ""},
		{"pip uninstall cowsay", true, Uv + " pip uninstall " + to + "cowsay"},
		{"pip list", true, ""},
		{"pip", true, ""},
		{"venv /x", true, ""},
		{"run x", true, ""},
		{"", true, ""},
	} {
		argv, ours := OfUv(strings.Fields(c.words), "/data", c.active)
		if got := strings.Join(argv, " "); ours != (c.want != "") || got != c.want {
			t.Errorf("uv %s: %q (%t), want %q", c.words, got, ours, c.want)
		}
	}
}
