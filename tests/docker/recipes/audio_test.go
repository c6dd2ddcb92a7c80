//go:build docker

package recipes

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestComposeGivesTheContainerAudio(t *testing.T) {
	u := newUser(t, "RCP-12", "RCP-13", "RCP-14", "RCP-34")
	u.write(".config/pulse/cookie", "cookie")
	u.pulse()
	u.compose("audio", "Dockerfile.audio", "asound.conf")
	// The user's own folder, not the host's /run/user, which is not ours to fill.
	u.edit("- /run/user/${HERMES_UID}/pulse:", "- ~/run/pulse:")
	start := `export HERMES_UID="$(id -u)"
export HERMES_GID="$(id -g)"
docker compose up -d --build`
	uid := os.Getuid()
	if uid == 0 {
		uid = 1000
		t.Log("the test is root, who has no audio session: the ids are 1000 instead")
		start = strings.NewReplacer("$(id -u)", "1000", "$(id -g)", "1000").Replace(start)
	}
	before := u.ok("stat -c '%u %g %a %n' ~/run/pulse ~/run/pulse/native ~/.config/pulse/cookie asound.conf")
	u.ok(start)
	u.env = append(u.env, "HERMES_UID=1000", "HERMES_GID=1000") // for the clean-up
	u.gateway("hermes", ".hermes")

	got := u.ok(`docker exec -u hermes hermes sh -c 'id -u; echo "$XDG_RUNTIME_DIR $PULSE_SERVER $PULSE_COOKIE"; cat "$PULSE_COOKIE"'`)
	run := strings.NewReplacer("UID", strconv.Itoa(uid))
	if want := run.Replace("UID\n/run/user/UID unix:/run/user/UID/pulse/native /tmp/pulse-cookie\ncookie"); got != want {
		t.Errorf("want the host's uid and the variables:\n%s\ngot:\n%s", want, got)
	}
	u.ok(`docker exec hermes /opt/hermes/.venv/bin/python -c "import sounddevice as sd; print(sd.query_devices())"`)
	const detect = `/opt/hermes/.venv/bin/python -c "from tools.voice_mode import detect_audio_environment as d; print(d())"`
	for _, with := range []string{"", "env -u PULSE_SERVER -u XDG_RUNTIME_DIR PIPEWIRE_REMOTE=/run/pipewire-0 "} {
		if got := u.ok("docker exec -u hermes hermes " + with + detect); strings.Contains(got, "container (Docker/Podman/LXC) -- no audio") {
			t.Errorf("%s: want no warning about the container, got %s", with, got)
		}
	}
	without := u.ok("docker exec -u hermes hermes env -u PULSE_SERVER -u XDG_RUNTIME_DIR " + detect)
	if !strings.Contains(without, "container (Docker/Podman/LXC) -- no audio") {
		t.Errorf("want the warning without PULSE_SERVER, got %s", without)
	}
	if after := u.ok("stat -c '%u %g %a %n' ~/run/pulse ~/run/pulse/native ~/.config/pulse/cookie asound.conf"); after != before {
		t.Errorf("want the mounts untouched:\n%s\ngot:\n%s", before, after)
	}
}

// pulse is an audio server's socket that hangs up on whoever calls.
func (u *user) pulse() {
	u.Helper()
	path := u.file("run/pulse/native")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		u.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(u.ctx, "unix", path)
	if err != nil {
		u.Fatal(err)
	}
	if err := os.Chmod(path, 0o777); err != nil {
		u.Fatal(err)
	}
	u.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	}()
}
