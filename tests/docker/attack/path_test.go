//go:build docker

package attack

import (
	"testing"

	"caduceus/tests/docker/harness"
)

// impostors are programs of the volume with names of the system's, which note who ran them.
func impostors() []harness.File {
	var files []harness.File
	for _, dir := range []string{"/opt/data", "/opt/data/.local", "/opt/data/.local/bin"} {
		files = append(files, (harness.File{Path: dir, Dir: true}).Hermes())
	}
	for _, name := range []string{"sh", "bash", "env", "id", "apt-get", "ls", "cat", "python3", "own-program"} {
		files = append(files, harness.File{
			Path: "/opt/data/.local/bin/" + name, Mode: 0o755,
			Content: "#!/bin/dash\necho $0 >>/tmp/ran-by-$(/usr/bin/id -u)\n[ -x /usr/bin/${0##*/} ] && exec /usr/bin/${0##*/} \"$@\"\nexit 0\n",
		}.Hermes())
	}
	return files
}

// Red before 839b3f6: root runs the volume's sh, bash and apt-get.
func TestNamesOfTheSystemLeadRootToTheSystem(t *testing.T) {
	b := attack(t, "IMG-04", "TOOL-13").start(harness.Spec{Files: impostors()})
	for _, argv := range [][]string{
		{"sh", "-c", "ls / >/dev/null; cat /dev/null; id -u"},
		{"bash", "-c", "apt-get --version"},
		{"bash", "-lc", "id -u; python3 --version; ls /"},
		{"env", "id"},
		{"/command/with-contenv", "sh", "-c", "id"},
	} {
		res, err := b.Exec(b.Ctx, harness.Exec{User: root, Cmd: argv})
		b.Must(err)
		if res.Code != 0 {
			t.Errorf("%v: %s", argv, res)
		}
	}
	if ran := b.as(root, "/bin/cat /tmp/ran-by-0"); ran.Code == 0 {
		t.Errorf("root ran %s", ran.Stdout)
	}
	// A new name still works for root, and the volume is first for hermes.
	b.wants(root, "own-program && /bin/grep own-program /tmp/ran-by-0", 0)
	b.wants(root, "/opt/hermes/bin/hermes container main ls / && /bin/grep /ls /tmp/ran-by-10000", 0)
}

func TestDoctorNamesAPathThatLetsTheVolumeSpeakForRoot(t *testing.T) {
	a := attack(t, "IMG-04")
	const old = "/opt/hermes/bin:/opt/hermes/.venv/bin:/opt/data/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	b := a.start(harness.Spec{Env: map[string]string{"PATH": old}})
	b.wants(root, "/opt/hermes/bin/hermes container doctor", 1, "✗ PATH: /opt/data/.local/bin, which hermes can write to", "fix: start the container without -e PATH")
	b.wants(hermes, "hermes container doctor", 1, "✗ PATH: ")
	healthy := a.start(harness.Spec{})
	healthy.wants(root, "/opt/hermes/bin/hermes container doctor", 0, "no problems found")
}
