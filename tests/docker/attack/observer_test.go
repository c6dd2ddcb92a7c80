//go:build docker

package attack

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/moby/moby/api/types/container"

	"caduceus/tests/docker/harness"
)

// held is an entry point that waits until it is let go, and is then what the image starts with.
func heldBack(spec harness.Spec) harness.Spec {
	spec.Entrypoint = []string{"sh", "-c", `until [ -e /tmp/go ]; do sleep 0.02; done; exec /init /opt/hermes/docker/main-wrapper.sh "$@"`, "sh"}
	return spec
}

// letGo lets a container go that was held back.
func (b box) letGo() {
	b.Helper()
	b.Must(b.Copy(b.Ctx, harness.File{Path: "/tmp/go"}))
}

// strace attaches strace to PID 1 of the container and to all that it starts, and returns when it has. It runs in a
// container of its own, which sees the processes of the engine's host, so that a stop does not end it. Where nothing
// can be traced the test fails.
func (b box) strace(args ...string) (text func() string) {
	b.Helper()
	watched, err := b.Inspect(b.Ctx)
	b.Must(err)
	tracer, err := b.Subject.Start(b.Ctx, harness.Spec{
		Files:      b.straceFiles(),
		Entrypoint: append([]string{"/strace/ld.so", "--library-path", "/strace", "/strace/strace", "-f", "-y", "--decode-pids=pidns", "-o", "/dev/stdout"}, args...),
		Cmd:        []string{"-p", strconv.Itoa(watched.State.Pid)},
		User:       "0",
		Host: func(h *container.HostConfig) {
			h.PidMode, h.NetworkMode, h.CapAdd = "host", "none", []string{"SYS_PTRACE"}
		},
	})
	b.Must(err)
	b.Must(tracer.WaitLog(b.Ctx, " attached", waitLimit))
	return func() string {
		b.Helper()
		_, err := tracer.Wait(b.Ctx, waitLimit)
		b.Must(err)
		text, _, err := tracer.Logs(b.Ctx)
		b.Must(err)
		return text
	}
}

// straceFiles are strace of this machine and its libraries.
func (b box) straceFiles() []harness.File {
	b.Helper()
	program, err := exec.LookPath("strace")
	b.Must(err)
	listed, err := exec.CommandContext(b.Ctx, "ldd", program).Output()
	b.Must(err)
	files := []harness.File{{Path: "/strace/strace", Content: b.content(program), Mode: 0o755}}
	for word := range strings.FieldsSeq(string(listed)) {
		switch name := filepath.Base(word); {
		case !filepath.IsAbs(word):
		case strings.HasPrefix(name, "ld-"), strings.HasPrefix(name, "ld64"):
			files = append(files, harness.File{Path: "/strace/ld.so", Content: b.content(word), Mode: 0o755})
		default:
			files = append(files, harness.File{Path: "/strace/" + name, Content: b.content(word), Mode: 0o755})
		}
	}
	return files
}

// content is that of a file of this machine.
func (a *target) content(path string) string {
	a.Helper()
	data, err := os.ReadFile(path)
	a.Must(err)
	return string(data)
}
