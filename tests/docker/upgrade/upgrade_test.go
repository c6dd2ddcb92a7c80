//go:build docker

package upgrade

import (
	"os"
	"testing"
	"time"

	"caduceus/tests/docker/harness"
	"caduceus/tests/docker/suite"
)

const (
	bootLimit = 2 * time.Minute
	testLimit = 8 * time.Minute
)

// docker is what the tests of this binary share.
var docker suite.Suite

func TestMain(m *testing.M) {
	os.Exit(docker.Main(m, suite.Options{})) //nolint:forbidigo // without an engine there is nothing to run
}

// oldImage is an image of the first landing, or "".
func oldImage() string { return os.Getenv("HERMES_TEST_OLD_IMAGE") }

// derivation is how users of the first landing made their own images: with services, a boot script and, for some,
// another user.
const derivation = `USER root
RUN mkdir -p /etc/services.d/legacy /etc/s6-overlay/s6-rc.d/own && \
	printf '#!/bin/sh\nid -un >/tmp/legacy\nexec sleep 1000\n' >/etc/services.d/legacy/run && \
	printf '#!/command/with-contenv sh\nid -un >/tmp/own; echo $HERMES_HOME >>/tmp/own\nexec sleep 1000\n' >/etc/s6-overlay/s6-rc.d/own/run && \
	echo longrun >/etc/s6-overlay/s6-rc.d/own/type && touch /etc/s6-overlay/s6-rc.d/user/contents.d/own && \
	printf '#!/bin/sh\nid -un >/tmp/script\n' >/etc/cont-init.d/50-own && \
	chmod 755 /etc/services.d/legacy/run /etc/cont-init.d/50-own
`

// left is the volume as the first landing left it: two gateways that ran, and one that was never started.
func left() []harness.File {
	const running = `{"desired_state":"running","gateway_state":"running","timestamp":1795733542,"updated_at":"2026-11-26T22:52:49.592918+00:00","platforms":{},` +
		`"kind":"hermes-gateway","pid":67,"argv":["/opt/hermes/libexec/hermes","gateway","run","--replace"],"start_time":1986637,"exit_reason":null,"restart_requested":false,"active_agents":0}`
	files := []harness.File{
		{Path: "", Dir: true, Mode: 0o700},
		{Path: "logs", Dir: true, Mode: 0o700},
		{Path: "logs/gateways", Dir: true, Mode: 0o700},
		{Path: "logs/gateways/default", Dir: true},
		{Path: "logs/gateways/default/current", Content: "2026-11-26 22:52:00.000000000  old\n", Mode: 0o744},
		{Path: "logs/gateways/default/lock"},
		{Path: "logs/gateways/default/state"},
		{Path: ".container.lock", Content: "{}"},
		{Path: ".clean_shutdown"},
		{Path: "SOUL.md", Content: "kept\n"},
		{Path: "gateway_state.json", Content: running},
		{Path: ".gateway_intent.json", Content: `{"want":"up","at":1795733542}` + "\n"},
		{Path: ".local", Dir: true, Mode: 0o700},
		{Path: ".local/bin", Dir: true},
		{Path: ".local/bin/hermes", Link: "/opt/hermes/bin/hermes"},
		{Path: "profiles", Dir: true},
		{Path: "profiles/work", Dir: true, Mode: 0o700},
		{Path: "profiles/work/SOUL.md", Content: "kept\n"},
		{Path: "profiles/work/gateway_state.json", Content: running},
		{Path: "profiles/work/.gateway_intent.json", Content: `{"want":"up","at":1795733542}` + "\n"},
		{Path: "profiles/off", Dir: true},
		{Path: "profiles/off/SOUL.md", Content: "kept\n"},
	}
	for i := range files {
		files[i].Path = "/opt/data/" + files[i].Path
		files[i] = files[i].Hermes()
	}
	return files
}

// makeProfiles makes what left stands for with an image of the first landing, in its container.
const makeProfiles = `for p in work off; do hermes profile create $p >/dev/null 2>&1; done; hermes -p work gateway start
until grep -q '"want":"up"' /opt/data/profiles/work/.gateway_intent.json 2>/dev/null; do sleep 0.2; done; echo kept >/opt/data/SOUL.md`

// upgrade is one way through the images, on one volume.
type upgrade struct {
	*suite.Test
	volume  string
	derived string // lines of a Dockerfile, or ""
	user    string // as whom services of the derived image run
}

// boot boots an image on the volume, looks whether all is there, does more, and stops it.
func (u *upgrade) boot(ref string, files []harness.File, more string) {
	u.Helper()
	subject := docker.Subject(ref)
	defer func() { u.Must(subject.Close(u.Ctx)) }()
	spec := harness.Spec{Cmd: []string{"gateway", "run"}, Volumes: []harness.Volume{{Name: u.volume}}, Files: files}
	if u.derived != "" {
		image, err := subject.Derive(u.Ctx, u.derived)
		u.Must(err)
		spec.Image = image
	}
	c, err := subject.Start(u.Ctx, spec)
	u.Must(err)
	_, err = c.WaitProcess(u.Ctx, `^sleep infinity$`, 0, bootLimit)
	u.Must(err)
	if more != "" {
		u.runs(c, more)
	}
	up := func(s harness.Slot) bool { return s.Up && s.WantedUp }
	for _, name := range []string{"gateway-default", "gateway-work"} {
		_, err := c.WaitSlot(u.Ctx, name, "up and wanted up", bootLimit, up)
		u.Must(err)
	}
	u.runs(c, `[ "$(/command/s6-svstat -o up,wantedup /run/service/gateway-off)" = "false false" ]`)
	u.runs(c, `grep -q kept /opt/data/SOUL.md; find /opt/data ! -user hermes ! -name .container.lock ! -name .container-ids | grep . && exit 1; true`)
	if u.derived != "" {
		u.runs(c, `for f in script legacy own; do until [ -s /tmp/$f ]; do sleep 0.1; done; [ "$(head -n 1 /tmp/$f)" = `+u.user+` ] || { grep . /tmp/$f; exit 1; }; done; grep -qx /opt/data /tmp/own`)
		u.runs(c, `until [ "$(/command/s6-svstat -o up /run/service/own)" = true ]; do sleep 0.1; done`)
	}
	stopped, err := c.Stop(u.Ctx)
	u.Must(err)
	if stopped.Killed {
		u.Errorf("%s: the stop took longer than the engine's grace", ref)
	}
}

func (u *upgrade) runs(c *harness.Container, script string) {
	u.Helper()
	res, err := c.Exec(u.Ctx, harness.Exec{Cmd: []string{"timeout", "120", "sh", "-c", script}})
	u.Must(err)
	if res.Code != 0 {
		log, _ := c.AllLogs(u.Ctx)
		u.Fatalf("%s: %s\n%s", script, res, log)
	}
}

func TestWhatTheFirstLandingLeftBootsAndBackAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ derived, user string }{
		"its volume":                            {"", ""},
		"a derived image with services":         {derivation, "root"},
		"a derived image that ends USER hermes": {derivation + "USER hermes", "hermes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test := docker.Begin(t, testLimit, "DERIVED-01", "REC-05", "SUP-117")
			volume, err := test.Subject.Volume(test.Ctx)
			test.Must(err)
			u := &upgrade{test, volume, c.derived, c.user}
			if old := oldImage(); old != "" {
				u.boot(old, nil, makeProfiles)
				u.boot("", nil, "")
				u.boot(old, nil, "")
				u.boot("", nil, "")
				return
			}
			u.boot("", left(), "")
			u.boot("", nil, reads)
		})
	}
}

// reads is what the first landing reads of a volume: its records in the form that it knows.
const reads = `python3 - <<'EOF'
import json, os
for home in "/opt/data", "/opt/data/profiles/work":
    intent = json.load(open(home + "/.gateway_intent.json"))
    assert intent["want"] == "up" and intent["at"] > 0, intent
    state = json.load(open(home + "/gateway_state.json"))
    assert state["gateway_state"] in ("running", "starting", "draining"), state
assert not os.path.exists("/opt/data/profiles/off/.gateway_intent.json") or \
    json.load(open("/opt/data/profiles/off/.gateway_intent.json"))["want"] != "up"
EOF`
