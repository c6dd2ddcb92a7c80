package profile

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/env"
)

func TestADirectoryOfTheSystemIsRefusedAsHome(t *testing.T) {
	clause.Proves(t, "ENV-09", "ENV-11")
	for value, want := range map[string]Home{
		"":                              "/opt/data",
		"/opt/data":                     "/opt/data",
		"/opt/data/":                    "/opt/data",
		"/srv/a b;$(x)/h":               "/srv/a b;$(x)/h",
		"/home/me/.hermes":              "/home/me/.hermes",
		"/root/.hermes":                 "/root/.hermes",
		"/mnt":                          "/mnt",
		"/data":                         "/data",
		"/opt/data/profiles/coder":      "/opt/data/profiles/coder",
		"/opt/hermes-data":              "/opt/hermes-data",
		"data":                          "",
		"../data":                       "",
		"/a\nb":                         "",
		"/" + strings.Repeat("x", 5000): "",
		"/":                             "",
		"//":                            "",
		"/etc":                          "",
		"/opt/data/../../etc":           "",
		"/etc/hermes":                   "",
		"/usr/local/share/x":            "",
		"/proc/self/cwd":                "",
		"/opt/hermes":                   "",
		"/opt/hermes/.venv":             "",
		"/run/service":                  "",
		"/run/hermes":                   "", // root's account files
		"/var":                          "",
		"/profiles/coder":               "", // its root is /
		"/etc/profiles/coder":           "",
	} {
		home, notice := ParseHome(env.Environ{"HERMES_HOME=" + value})
		refused := want == ""
		if refused {
			want = "/opt/data"
		}
		if home != want || (notice != "") != refused {
			t.Errorf("%.40q: want %s, refused %t; got %s, %q", value, want, refused, home, notice)
		}
		if strings.Contains(notice, "\n") || len(notice) > 300 || refused && !strings.Contains(notice, "HERMES_HOME=") {
			t.Errorf("%.40q: not one short line that names the variable: %q", value, notice)
		}
	}
}
