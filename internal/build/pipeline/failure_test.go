package pipeline

import (
	"errors"
	"io"
	"strings"
	"testing"

	"caduceus/internal/host"
)

// Each failure is one line that names the object, the cause and the next command.
func TestTheCauseOfAFailedBuildIsNamed(t *testing.T) {
	for file, want := range map[string]string{
		"net.txt": `cannot build image "hermes-agent:dev" at step "[net 2/2] RUN apt-get update": ` +
			`no network: a download could not be reached (nohost.invalid); check the network or the proxy of this host, and build again`,
		"apt.txt": `cannot build image "hermes-agent:dev" at step "[apt 2/2] RUN apt-get update && apt-get install -y jq=9.9-9": ` +
			`a pinned version is no longer in the archive (jq); run "image/build/update-locks.sh AGENT-DIRECTORY", look at the difference, and build again`,
		"hash.txt": `cannot build image "hermes-agent:dev" at step "[python 2/3] RUN --mount=type=secret,id=ca /tmp/with-ca.sh /tmp/python.sh /tmp/python.lock": ` +
			`a downloaded file does not have the hash of the lock (idna==3.10); build again; if it stays so, the file was replaced at its source: compare it with image/locks before you renew the lock`,
		"hash-pip.txt": `cannot build image "hermes-agent:dev" at step "[agent 3/3] RUN --mount=type=secret,id=ca /tmp/with-ca.sh /tmp/agent.sh /source /tmp/build.lock": ` +
			`a downloaded file does not have the hash of the lock (hermes-agent==0.19.0); build again; if it stays so, the file was replaced at its source: compare it with image/locks before you renew the lock`,
		"hash-npm.txt": `cannot build image "hermes-agent:dev" at step "[npm 2/2] RUN --mount=type=secret,id=ca /tmp/with-ca.sh /tmp/npm.sh /tmp": ` +
			`a downloaded file does not have the hash of the lock (sha512-AAgCKB5rw1EEK8SKWo4zid7a5kOwlclqALC0P3c69buJvKdhrl/dJkKdfLqGGaiNIbWzRdqqT0PxZVkwVEf2fg); ` +
			`build again; if it stays so, the file was replaced at its source: compare it with image/locks before you renew the lock`,
		"disk.txt": `cannot build image "hermes-agent:dev" at step "[media 2/2] RUN --mount=type=bind,source=image/build/apt-install.sh,target=/tmp/apt-install.sh …": ` +
			`no space left on the engine's disk; free some, say with "docker builder prune", and build again`,
		"base.txt": `cannot build image "hermes-agent:dev" at step "[internal] load metadata for debian:13.4": ` +
			`there is no base image "debian:13.4"; run "go tool mage base", or name another in BASE_IMAGE`,
		"bad.txt": `cannot build image "hermes-agent:dev" at step "[bad 2/2] RUN echo hello; sleep 1; echo last words >&2; exit 3": ` +
			`last words (exit code 3); read build.log`,
	} {
		t.Run(file, func(t *testing.T) {
			p, _ := follow(t, file)
			cause := errors.New("exit status 1")
			err := diagnose(`cannot build image "hermes-agent:dev"`, "debian:13.4", p, "build.log", cause)
			if err.Error() != want {
				t.Errorf("want %s\n got %s", want, err)
			}
			if !errors.Is(err, cause) {
				t.Error("the observed error is lost")
			}
		})
	}
}

func TestDiagnoseAClientThatPrintsNothing(t *testing.T) {
	err := diagnose("cannot build", "b", &progress{}, "build.log", errors.New("exit status 1"))
	if want := "cannot build: it printed nothing; read build.log"; err.Error() != want {
		t.Errorf("want %q, got %q", want, err)
	}
}

func TestBinariesSayWhyTheyCannotBeCompiled(t *testing.T) {
	for name, c := range map[string]struct{ output, want string }{
		"no network": {
			"go: downloading golang.org/x/sys v0.49.0\ninternal/pid1/log/stderr.go:6:2: golang.org/x/sys@v0.49.0: Get \"https://proxy.example/x.zip\": dial tcp: lookup proxy.example on 10.0.0.53:53: dial udp: connect: network is unreachable\n",
			": no network: a download could not be reached (proxy.example); check the network or the proxy of this host, and build again",
		},
		"a changed module": {
			"verifying golang.org/x/sys@v0.49.0: checksum mismatch\n",
			": a downloaded file does not have the hash of the lock (golang.org/x/sys@v0.49.0); build again; ",
		},
		"an error of the compiler": {"internal/pid1/boot/boot.go:1:1: undefined: x\n", "exit status 1\ninternal/pid1/boot/boot.go:1:1: undefined: x"},
	} {
		t.Run(name, func(t *testing.T) {
			p := &Pipeline{
				Root: t.TempDir(), Out: io.Discard, Facts: host.Facts{Arch: "amd64"}, Getenv: func(string) string { return "" },
				Run: &host.Fake{Answer: func(host.Cmd) (string, error) { return c.output, errors.New("exit status 1") }},
			}
			err := p.Binaries(t.Context())
			if err == nil || !strings.HasPrefix(err.Error(), `cannot compile "./cmd/hermes`) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q in %v", c.want, err)
			}
		})
	}
}
