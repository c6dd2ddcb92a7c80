package volumelock

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestAContainerIsNamedAsPeopleFindIt(t *testing.T) {
	clause.Proves(t, "HOLD-02")
	const id = "0123456789ab"
	for want, c := range map[string]Container{
		"0123456789ab":                  {ID: id, Hostname: id},
		`0123456789ab (hostname "web")`: {ID: id, Hostname: "web"},
		`hostname "web"`:                {Hostname: "web"},
		`hostname "a\n\x1b[2Jb"`:        {Hostname: "a\n\x1b[2Jb", ID: "0123456789a\n"},
		"hostname unknown":              {},
	} {
		if got := c.String(); got != want {
			t.Errorf("%+v is %s, want %s", c, got, want)
		}
	}
	long := Holder{Container: Container{Hostname: strings.Repeat("x", 5000)}, Trusted: true}
	for _, line := range []string{long.Warning("/opt/data", true), long.Warning("/opt/data", false), long.Refusal("/opt/data", "hermes gateway stop")} {
		if len(line) > 600 || strings.Contains(line, "\n") {
			t.Errorf("%d bytes: %s", len(line), line)
		}
	}
}

func TestTheIDIsFoundInTheMountsOfEngines(t *testing.T) {
	clause.Proves(t, "HOLD-02")
	full := strings.Repeat("0123456789ab", 5) + "cdef"
	for line, want := range map[string]string{
		"600 580 8:1 /var/lib/docker/containers/" + full + "/resolv.conf /etc/resolv.conf rw - ext4 /dev/sda1 rw":  "0123456789ab",
		"600 580 8:1 /containers/overlay-containers/" + full + "/userdata/hosts /etc/hosts rw - ext4 /dev/sda1 rw": "0123456789ab",
		"600 580 8:1 /var/lib/docker/containers/" + full + "/mounts/shm /dev/shm rw - tmpfs shm rw":                "",
		"600 580 8:1 /var/lib/kubelet/pods/93a2/etc-hosts /etc/hosts rw - ext4 /dev/sda1 rw":                       "",
		"600 580 8:1 /home/me/containers/" + strings.Repeat("g", 64) + "/hosts /etc/hosts rw - ext4 /dev/sda1 rw":  "",
		"": "",
	} {
		if got := idIn("1 2 3\n" + line + "\n"); got != want {
			t.Errorf("%q in %s, want %q", got, line, want)
		}
	}
}
