package boot

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestFlagsOfTiniAreDropped(t *testing.T) {
	clause.Proves(t, "SHIM-03")
	t.Parallel()
	for given, want := range map[string]string{
		"":                          "",
		"sh -c -x":                  "sh -c -x",
		"-g -- sh -c true":          "sh -c true",
		"-s -w -l -v -vvv cmd":      "cmd",
		"-p SIGTERM -e 143 cmd -e":  "cmd -e",
		"--subreaper --version cmd": "cmd",
		"--unknown cmd":             "cmd",
		"-- -cmd":                   "-cmd",
		"-p":                        "",
		"-h":                        "",
		"cmd -- -g":                 "cmd -- -g",
	} {
		if got := strings.Join(command(strings.Fields(given)), " "); got != want {
			t.Errorf("%q gives %q, want %q", given, got, want)
		}
	}
}

func TestEntryPointsOfOlderImagesEndAtTheWrapper(t *testing.T) {
	clause.Proves(t, "SHIM-03")
	t.Parallel()
	const w, old = "/opt/hermes/docker/main-wrapper.sh", "/opt/hermes/docker/entrypoint.sh"
	for given, want := range map[string]string{
		w:                                   w,
		w + " gateway run":                  w + " gateway run",
		w + " --tui":                        w + " --tui",
		w + " -p coder gateway run":         w + " -p coder gateway run",
		old + " gateway run":                w + " gateway run",
		old:                                 w,
		"docker/entrypoint.sh x":            w + " x",
		w + " " + old + " gateway run":      w + " gateway run", // tini's own shim, or an entry point given as CMD
		"-g -- " + old + " --version":       w + " --version",
		"/init " + w + " x":                 w + " x",
		"/usr/bin/tini -g -- " + old + " x": w + " x",
		w + " /usr/bin/tini -g -- sh -c x":  w + " sh -c x",
		"/opt/hermes/docker/entrypoint-dispatch.sh gateway run": w + " gateway run",
		"/usr/bin/tini -- sh":       "sh", // who needs no wrapper gets none
		w + " sh " + old:            w + " sh " + old,
		"/opt/hermes/entrypoint.sh": "/opt/hermes/entrypoint.sh",
	} {
		if got := strings.Join(command(strings.Fields(given)), " "); got != want {
			t.Errorf("%q gives %q, want %q", given, got, want)
		}
	}
}

func TestTheDoctorIsRecognisedAsCommand(t *testing.T) {
	clause.Proves(t, "STATUS-05")
	t.Parallel()
	for given, want := range map[string]string{
		wrapper + " container doctor":                        "",
		wrapper + " container doctor --json":                 "--json",
		wrapper + " hermes container doctor --json":          "--json",
		wrapper + " /opt/hermes/bin/hermes container doctor": "",
		wrapper + " container health":                        "no",
		wrapper + " doctor":                                  "no",
		wrapper + " sh -c container doctor":                  "no",
		wrapper + " container":                               "no",
		wrapper:                                              "no",
		"container doctor":                                   "no",
		"":                                                   "no",
	} {
		words, is := doctorWords(strings.Fields(given))
		if got := strings.Join(words, " "); is != (want != "no") || is && got != want {
			t.Errorf("%q: %v, %q", given, is, got)
		}
	}
}
