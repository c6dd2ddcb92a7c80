package env

import (
	"testing"

	"caduceus/internal/clause"
)

func TestMainPath(t *testing.T) {
	clause.Proves(t, "ENV-04", "ENV-07")
	for path, want := range map[string]string{
		"/command:/usr/bin": "/command:/opt/hermes/bin:/opt/hermes/.venv/bin:/usr/bin",
		"/usr/bin:/bin":     "/opt/hermes/bin:/opt/hermes/.venv/bin:/usr/bin:/bin",
		"/x:/opt/hermes/.venv/bin:/opt/hermes/bin:/y": "/opt/hermes/bin:/opt/hermes/.venv/bin:/x:/y",
		"": "/opt/hermes/bin:/opt/hermes/.venv/bin:" + SystemPath,
	} {
		if got := MainPath(path); got != want {
			t.Errorf("MainPath(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestInitPath(t *testing.T) {
	clause.Proves(t, "ENV-04")
	for path, want := range map[string]string{
		"":                        "/command:/usr/bin:/bin",
		"/x":                      "/command:/usr/bin:/bin:/x",
		"/bin:/usr/bin":           "/command:/bin:/usr/bin",
		"/usr/local/bin:/usr/bin": "/command:/bin:/usr/local/bin:/usr/bin",
		"/a:/usr/bin:/bin":        "/command:/a:/usr/bin:/bin",
		"/command:/usr/bin:/bin":  "/command:/usr/bin:/bin",
		"/x:/command:/usr/bin":    "/bin:/x:/command:/usr/bin",
		":/command:/usr/bin:/bin": ":/command:/usr/bin:/bin",
	} {
		if got := InitPath(path); got != want {
			t.Errorf("InitPath(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestVenvPath(t *testing.T) {
	clause.Proves(t, "ENV-07")
	for path, want := range map[string]string{"": "/opt/hermes/.venv/bin", "/x:/y": "/opt/hermes/.venv/bin:/x:/y"} {
		if got := VenvPath(path); got != want {
			t.Errorf("VenvPath(%q) = %q, want %q", path, got, want)
		}
	}
}
