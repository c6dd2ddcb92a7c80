//go:build docker

package podman

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"caduceus/internal/clause"
)

// owned are the flags with which what hermes writes belongs to who runs the container.
func (e engine) owned() []string {
	if e.person == nil {
		return nil
	}
	return []string{"--userns=keep-id:uid=10000,gid=10000", "--user=0:0"}
}

func TestAGatewayIsSupervised(t *testing.T) {
	t.Parallel()
	clause.Proves(t, "POD-01")
	for _, e := range engines() {
		t.Run(e.name, func(t *testing.T) {
			t.Parallel()
			dir := e.data(t)
			c := e.start(t, append(e.owned(), "--volume="+dir+":/opt/data", image, "gateway", "run")...)
			first := c.up("default")
			c.healthy()
			if log := c.try(t.Context(), "logs", c.id); !strings.Contains(log.stdout+log.stderr, "runs under s6 supervision") {
				t.Errorf("want the redirect announced, got %s", log)
			}

			// A killed gateway is back, in a process of its own.
			c.does("pkill", "-9", "-u", "hermes", "-f", "gateway run")
			c.await("another process of the gateway", func() (string, bool) {
				now := c.up("default")
				return now, pid(now) != pid(first)
			})

			for _, profile := range []string{"coder", "idle"} {
				c.does("hermes", "profile", "create", profile)
				c.does("hermes", "-p", profile, "gateway", "start")
				c.up(profile)
			}
			c.does("hermes", "-p", "idle", "gateway", "stop")

			// What ran is back after a restart, what was stopped is not.
			c.ok(t, "restart", c.id)
			c.up("default")
			c.up("coder")
			if state := c.does("/command/s6-svstat", "/run/service/gateway-idle"); !strings.HasPrefix(state, "down ") {
				t.Errorf("the gateway that was stopped: %s", state)
			}
			boots, err := os.ReadFile(filepath.Join(dir, "logs", "container-boot.log"))
			if want := regexp.MustCompile(`profile=idle prior_state=stopped action=registered`); err != nil || !want.Match(boots) {
				t.Errorf("%v\n%s", err, boots)
			}

			c.ok(t, "stop", c.id)
			// Podman calls it exited; of some moments before, stopped.
			ended := strings.TrimSpace(c.ok(t, "inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", c.id))
			if ended != "exited 0" && ended != "stopped 0" {
				t.Errorf("stop: %s", ended)
			}
		})
	}
}

// pid is the process that s6-svstat names.
func pid(state string) string {
	return regexp.MustCompile(`\(pid (\d+)\)`).FindString(state)
}

func TestAPersonsFilesAreThePersons(t *testing.T) {
	t.Parallel()
	clause.Proves(t, "POD-02", "POD-05")
	e := rootless
	for name, c := range map[string]struct {
		flags   []string
		persons bool
	}{
		"keep-id with hermes' id":  {e.owned(), true},
		"keep-id and HERMES_UID":   {[]string{"--userns=keep-id", "--user=0:0", "--env=HERMES_UID=" + decimal(e.person.Uid), "--env=HERMES_GID=" + decimal(e.person.Gid)}, true},
		"neither, as a comparison": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := e.data(t)
			args := append([]string{"run", "--rm", "--network=none", "--volume=" + dir + ":/opt/data"}, c.flags...)
			said := e.ok(t, append(args, image, "sh", "-c",
				"set -e; mkdir -p ~/proj; echo x >~/proj/f; hermes profile create coder; test -O ~/proj/f; hermes container doctor || :")...)
			if strings.Contains(said, "keep-id:uid=10000,gid=10000 --user=0:0") == c.persons {
				t.Errorf("want a note only where the files are not the person's, got:\n%s", said)
			}
			found := owners(t, dir)
			if all := found[e.uid()] > 0 && len(found) == 1; all != c.persons {
				t.Errorf("files by uid, of which %d is the person's: %v", e.uid(), found)
			}
		})
	}
}

func decimal(id uint32) string { return strconv.FormatUint(uint64(id), 10) }
