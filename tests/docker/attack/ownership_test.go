//go:build docker

package attack

import (
	"strings"
	"testing"

	"caduceus/tests/docker/harness"
)

// restart restarts the container and waits for its main program.
func (b box) restart() {
	b.Helper()
	b.Must(b.Restart(b.Ctx))
	_, err := b.WaitProcess(b.Ctx, `^sleep infinity$`, 0, bootLimit)
	b.Must(err)
}

// Red on 839b3f6: hermes reads the secret in each mount.
func TestFilesOfTheHostInMountsStayTheHosts(t *testing.T) {
	a := attack(t, "SETUP-40")
	var volumes []harness.Volume
	places := []string{"/opt/data/workspace/host", "/opt/data/profiles", "/opt/data/cron"}
	for _, path := range append(places, "/opt/data") {
		name, err := a.Subject.Volume(a.Ctx)
		a.Must(err)
		if path != "/opt/data" {
			fill := a.start(harness.Spec{Volumes: []harness.Volume{{Name: name, Path: "/host"}}})
			fill.wants(root, `echo secret >/host/file; chmod 600 /host/file; chown 0:0 /host; chmod 755 /host`, 0)
			a.Must(fill.Remove(a.Ctx))
		}
		volumes = append(volumes, harness.Volume{Name: name, Path: path})
	}
	b := a.start(harness.Spec{Volumes: volumes})
	for _, path := range places {
		b.wants(hermes, `cat `+path+`/file`, 1, "Permission denied")
		b.wants(root, `[ "$(stat -c %u:%a `+path+`/file)" = 0:600 ] && [ "$(stat -c %u `+path+`)" = 0 ]`, 0)
	}
	logs, err := b.AllLogs(b.Ctx)
	b.Must(err)
	for _, path := range places {
		if n := strings.Count(logs, path+" is a mount of its own, of uid 0"); n != 1 {
			t.Errorf("%s is named %d times in %s", path, n, logs)
		}
	}
	if !strings.Contains(logs, "docker run --rm -v "+volumes[0].Name+":/v busybox chown -R 10000:10000 /v") {
		t.Errorf("no command that mends it in %s", logs)
	}
}

func TestEmptyVolumeBelowTheHomeIsHermes(t *testing.T) {
	a := attack(t, "SETUP-40")
	var volumes []harness.Volume
	for _, path := range []string{"/opt/data", "/opt/data/photos"} {
		name, err := a.Subject.Volume(a.Ctx)
		a.Must(err)
		volumes = append(volumes, harness.Volume{Name: name, Path: path})
	}
	a.start(harness.Spec{Volumes: volumes}).wants(hermes, `touch /opt/data/photos/mine`, 0)
}

// A host may let users link what they cannot read (fs.protected_hardlinks), so root plays that part here. Red on
// 839b3f6: hermes reads the secret.
func TestHardLinkGivesNothingToHermes(t *testing.T) {
	b := attack(t, "SETUP-40").start(harness.Spec{})
	b.wants(root, `cd /opt/data && mkdir outside && echo secret >outside/file && chmod 600 outside/file &&
		mkdir -p workspace/deep cron && ln outside/file workspace/deep/link && ln outside/file cron/link && ln outside/file auth.json`, 0)
	b.restart()
	b.wants(hermes, `cat /opt/data/workspace/deep/link /opt/data/cron/link /opt/data/auth.json`, 1, "Permission denied")
	b.wants(root, `stat -c %u /opt/data/outside/file | grep -x 0`, 0)
	logs, err := b.AllLogs(b.Ctx)
	b.Must(err)
	if !strings.Contains(logs, `"/opt/data/workspace/deep/link" has 4 hard links and belongs to uid 0: it is left alone`) {
		t.Errorf("not named in %s", logs)
	}
}

// Red on 839b3f6: hermes is in group 0.
func TestSocketThatWasPlantedLendsNoGroup(t *testing.T) {
	const plant = `import os, socket
for path in "/run/docker.sock", "/var/run/docker.sock":
    if os.path.exists(path): os.remove(path)
    socket.socket(socket.AF_UNIX).bind(path)
    os.chown(path, -1, 0)`
	b := attack(t, "SETUP-31").start(harness.Spec{})
	// Hermes cannot even make it; root plays a program that makes it for hermes.
	b.wants(hermes, `python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("/run/docker.sock")'`, 1)
	b.wants(root, `python3 -c '`+plant+`'`, 0)
	b.restart()
	b.wants(root, `! id -G hermes | tr ' ' '\n' | grep -x 0 && ! grep -q ^hostdocker /etc/group`, 0)
}

// Red on 839b3f6: no /etc/passwd is left after the restart.
func TestAccountsAreKeptFromWhatLiesInRun(t *testing.T) {
	b := attack(t, "SETUP-09").start(harness.Spec{Env: map[string]string{"HERMES_UID": "4242"}})
	b.wants(hermes, `ln -s /etc /run/hermes || mkdir /run/hermes`, 1)
	for _, plant := range []string{
		`ln -sn /etc /run/hermes`, `mkdir /run/hermes && chown hermes /run/hermes && echo hermes:x:0:0::/:/bin/sh >/run/hermes/passwd && echo hermes:x:0: >/run/hermes/group`,
	} {
		b.wants(root, `rm -rf /run/hermes; `+plant+` && sed -i s/4242/10000/ /etc/passwd`, 0)
		b.restart()
		b.wants(root, `[ "$(id -u hermes)" = 4242 ] && [ "$(wc -l </etc/passwd)" -gt 10 ] && [ -s /etc/group ]`, 0)
		b.wants(root, `/opt/hermes/bin/hermes container main id -u`, 0, "4242")
	}
}

// The boot gets through whatever hermes has made, and prints none of it as it is. Red on 839b3f6: its escape sequences are
// in the output of the container.
func TestVolumeFullOfOddFilesDoesNotKeepTheBootFromItsEnd(t *testing.T) {
	const odd = `
import os
for top in "workspace", "skills", "profiles", "plans":
    os.makedirs("/opt/data/" + top, exist_ok=True)
    os.chdir("/opt/data/" + top)
    for i in range(10000):
        os.mkdir("\x1b]0;x\x07\n"); os.chdir("\x1b]0;x\x07\n")
os.makedirs("/opt/data/profiles/a\x1b[31m\nb/scripts/whatsapp-bridge")
os.chdir("/opt/data/cron")
for i in range(50000):
    os.close(os.open("%d\x1b[31m\n" % i, os.O_CREAT))
`
	b := attack(t, "SETUP-41").start(harness.Spec{Files: []harness.File{(harness.File{Path: "/opt/data/odd.py", Content: odd}).Hermes()}})
	b.wants(hermes, `python3 /opt/data/odd.py`, 0)
	b.wants(root, `chown -h 1000 /opt/data/cron/1[0-9]*`, 0)
	b.restart()
	b.wants(hermes, `test -O /opt/data/.env`, 0)
	logs, err := b.AllLogs(b.Ctx)
	b.Must(err)
	if strings.ContainsAny(logs, "\x1b\a") {
		t.Errorf("an escape sequence of hermes' is in the container's output: %.3000q", logs)
	}
}
