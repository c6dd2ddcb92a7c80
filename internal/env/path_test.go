package env

import (
	"testing"

	"caduceus/internal/clause"
)

func TestTheMainProgramFindsTheAgentFirst(t *testing.T) {
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

func TestPID1FindsItsTools(t *testing.T) {
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

func TestProgramsOfTheVolumeComeFirstForHermesAlone(t *testing.T) {
	clause.Proves(t, "TOOL-13")
	const image = "/opt/hermes/bin:/opt/hermes/.venv/bin"
	for _, c := range []struct{ path, home, want string }{
		{image + ":/usr/bin:/bin:/opt/data/.local/bin", "/opt/data", image + ":/opt/data/.local/bin:/usr/bin:/bin"},
		{"/command:" + image + ":/usr/bin:/opt/data/.local/bin", "/opt/data", "/command:" + image + ":/opt/data/.local/bin:/usr/bin"},
		{image + ":/opt/data/.local/bin:/usr/bin", "/opt/data", image + ":/opt/data/.local/bin:/usr/bin"},
		{"/my/bin:" + image + ":/opt/data/.local/bin", "/opt/data", "/opt/data/.local/bin:/my/bin:" + image},
		{image + ":/usr/bin:/opt/data/.local/bin", "/srv/h", image + ":/opt/data/.local/bin:/usr/bin"},
		{image + ":/usr/bin:/srv/h/.local/bin", "/srv/h", image + ":/srv/h/.local/bin:/usr/bin"},
		{"/usr/bin:/bin", "/opt/data", "/usr/bin:/bin"},
		{"", "/opt/data", ""},
	} {
		if got := UserPath(c.path, c.home); got != c.want {
			t.Errorf("UserPath(%q, %q) = %q, want %q", c.path, c.home, got, c.want)
		}
	}
}

func TestPathThatLetsTheVolumeSpeakForRoot(t *testing.T) {
	clause.Proves(t, "IMG-04")
	for path, want := range map[string]string{
		"/opt/hermes/bin:/opt/data/.local/bin:/usr/local/sbin:/usr/bin": "/opt/data/.local/bin",
		"/srv/h/.local/bin:/bin":                       "/srv/h/.local/bin",
		"/usr/local/bin:/usr/bin:/opt/data/.local/bin": "",
		"/opt/data/.local/bin:/my/bin":                 "",
		"/usr/bin":                                     "",
	} {
		if got := VolumeFirst(path, "/srv/h"); got != want {
			t.Errorf("VolumeFirst(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestAChildOfTheAgentFindsItsPython(t *testing.T) {
	clause.Proves(t, "ENV-07")
	for path, want := range map[string]string{"": "/opt/hermes/.venv/bin", "/x:/y": "/opt/hermes/.venv/bin:/x:/y"} {
		if got := VenvPath(path); got != want {
			t.Errorf("VenvPath(%q) = %q, want %q", path, got, want)
		}
	}
}
