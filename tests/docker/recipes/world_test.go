//go:build docker

package recipes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"caduceus/tests/docker/harness"
)

const (
	// bootLimit is how long a container may take to its main program,
	// gatewayLimit to a running gateway, on a loaded build host.
	bootLimit    = 2 * time.Minute
	gatewayLimit = 5 * time.Minute
	verbLimit    = 30 * time.Second

	dockerLabel = harness.RunLabel + "="
)

var worlds atomic.Int64

// world is the host as one recipe sees it: a home of its own, a current folder,
// and names that collide with nobody's.
type world struct {
	*testing.T
	ctx    context.Context // ends with the test, or with ^C
	home   string
	dir    string
	id     string
	env    []string
	image  string   // stands for the guide's image
	others standIns // stand for the other images that it names
	names  map[string]bool
}

// result is how a script ended.
type result struct {
	stdout, stderr string
	code           int
}

func (r result) String() string {
	return fmt.Sprintf("exit %d\nstdout: %s\nstderr: %s", r.code, r.stdout, r.stderr)
}

// newWorld begins a recipe that proves clauses, and runs it beside others.
func newWorld(t *testing.T, clauses ...string) *world {
	t.Helper()
	t.Parallel()
	for _, c := range clauses {
		t.Attr("clause", c)
	}
	// Not t.TempDir: what containers leave there is not always ours to remove.
	root, err := os.MkdirTemp(scratch, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	context.AfterFunc(docker.Interrupted, stop)
	w := &world{
		T: t, ctx: ctx, home: filepath.Join(root, "home"), dir: filepath.Join(root, "project"),
		id:    fmt.Sprintf("caduceus-test-%s-r%d", docker.Run(), worlds.Add(1)),
		image: docker.Image(), names: map[string]bool{},
	}
	bin := filepath.Join(root, "bin")
	for _, dir := range []string{w.home, w.dir, bin} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(command.Path, filepath.Join(bin, "docker")); err != nil {
		t.Fatal(err)
	}
	w.env = append(append(os.Environ(), docker.Env()...), "HOME="+w.home, "PATH="+bin+":"+os.Getenv("PATH"))
	t.Cleanup(func() { w.end(root) })
	return w
}

// end removes the world's containers and its folder, as root of a container
// where the test is not root itself.
func (w *world) end(root string) {
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	for name := range w.names {
		if w.Failed() {
			w.Logf("docker logs %s:\n%s", name, tail(w.run(ctx, "docker logs "+name+" 2>&1").stdout))
		}
		w.run(ctx, "docker rm -fv "+name)
	}
	if os.Geteuid() != 0 {
		w.run(ctx, "docker run --rm --user 0 --entrypoint rm -v "+root+":/gone "+docker.Image()+" -rf /gone/home /gone/project")
	}
	if err := os.RemoveAll(root); err != nil {
		w.Errorf("cannot clean up: %v", err)
	}
}

func tail(s string) string {
	const most = 6000
	if len(s) > most {
		return "… " + s[len(s)-most:]
	}
	return s
}

// name is the unique name that stands for one of the guide's.
func (w *world) name(guide string) string {
	name := strings.ToLower(w.id) + "-" + guide
	w.names[name] = true
	return name
}

var (
	namedInRecipe = regexp.MustCompile(`(--name |container_name: |--network[ =]|docker network (?:create|inspect) |` +
		`docker (?:exec(?: -it?| -u \w+| -e \S+)*|restart|stop|rm -f|stats|wait|inspect|port|logs(?: --tail \d+)?) )((?:hermes|my-tool|vllm|ollama)[\w-]*)`)
	portInRecipe  = regexp.MustCompile(`\b\d{4,5}:(8642|9119|8000)\b`)
	imageInRecipe = regexp.MustCompile(regexp.QuoteMeta(guideImage) + `(:latest)?`)
	newInRecipe   = regexp.MustCompile(`docker (run|build|network create)\b`)
	tagInRecipe   = regexp.MustCompile(`\b(my-hermes:latest|hermes-agent-audio)\b`)
)

// written is a recipe as it can run here: with the image under test, unique
// names, free ports of loopback, and the run's label on all that it makes.
func (w *world) written(recipe string) string {
	recipe = imageInRecipe.ReplaceAllLiteralString(recipe, w.image)
	recipe = tagInRecipe.ReplaceAllStringFunc(recipe, func(tag string) string { return strings.ToLower(w.id) + "-" + tag })
	recipe = portInRecipe.ReplaceAllString(recipe, "127.0.0.1::$1")
	recipe = newInRecipe.ReplaceAllString(recipe, "docker $1 --label "+dockerLabel+docker.Run())
	recipe = otherInRecipe.ReplaceAllStringFunc(recipe, w.others.of)
	return namedInRecipe.ReplaceAllStringFunc(recipe, func(found string) string {
		m := namedInRecipe.FindStringSubmatch(found)
		if m[1] == "--network " && m[2] == "host" {
			return found
		}
		return m[1] + w.name(m[2])
	})
}

// sh gives a recipe to a shell and waits for it.
func (w *world) sh(recipe string) result {
	w.Helper()
	ctx, stop := context.WithTimeout(w.ctx, 12*time.Minute)
	defer stop()
	return w.run(ctx, w.written(recipe))
}

// ok is sh for a recipe that must succeed; it returns stdout.
func (w *world) ok(recipe string) string {
	w.Helper()
	r := w.sh(recipe)
	if r.code != 0 {
		w.Fatalf("want success of\n%s\ngot %s", w.written(recipe), r)
	}
	return r.stdout
}

func (w *world) run(ctx context.Context, script string) result {
	var out, errs bytes.Buffer
	cmd := w.command(ctx, "sh", "-ec", script)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	r := result{stdout: out.String(), stderr: errs.String(), code: cmd.ProcessState.ExitCode()}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		r.code = -1
		r.stderr += err.Error()
	}
	return r
}

// command is a program of the recipe's world; the end of ctx ends its group.
func (w *world) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// until polls a recipe until ok likes how it ended.
func (w *world) until(what, recipe string, limit time.Duration, ok func(result) bool) result {
	w.Helper()
	var last result
	script := w.written(recipe)
	err := harness.Poll(w.ctx, what, limit, func(ctx context.Context) (string, bool, error) {
		last = w.run(ctx, script)
		return last.String(), ok(last), nil
	})
	if err != nil {
		w.Fatal(err)
	}
	return last
}

// untilOK polls a recipe until it succeeds.
func (w *world) untilOK(what, recipe string) {
	w.Helper()
	w.until(what, recipe, gatewayLimit, func(r result) bool { return r.code == 0 })
}

// afterwards runs a script at the end of the test, whatever its result.
func (w *world) afterwards(script string) {
	script = w.written(script)
	w.Cleanup(func() {
		ctx, stop := context.WithTimeout(context.Background(), time.Minute)
		defer stop()
		w.run(ctx, script)
	})
}

// file is a path in the recipe's home.
func (w *world) file(path string) string { return filepath.Join(w.home, path) }

// read returns a file of the home; "" where there is none.
func (w *world) read(path string) string {
	w.Helper()
	b, err := os.ReadFile(w.file(path))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		w.Fatal(err)
	}
	return string(b)
}

// write makes a file of the home and the folders above it.
func (w *world) write(path, content string) {
	w.Helper()
	if err := os.MkdirAll(filepath.Dir(w.file(path)), 0o755); err != nil {
		w.Fatal(err)
	}
	if err := os.WriteFile(w.file(path), []byte(content), 0o644); err != nil {
		w.Fatal(err)
	}
}

// put copies files of deploy/ into the recipe's current folder, as written.
func (w *world) put(paths ...string) {
	w.Helper()
	for _, p := range paths {
		b, err := os.ReadFile(filepath.Join(deployDir, p))
		if err != nil {
			w.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(w.dir, filepath.Base(p)), []byte(w.written(string(b))), 0o644); err != nil {
			w.Fatal(err)
		}
	}
}

// edit replaces text of the compose file, which must be there.
func (w *world) edit(old, updated string) {
	w.Helper()
	path := filepath.Join(w.dir, "docker-compose.yaml")
	b, err := os.ReadFile(path)
	if err != nil {
		w.Fatal(err)
	}
	if !strings.Contains(string(b), old) {
		w.Fatalf("want %q in the compose file, got:\n%s", old, b)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(b), old, updated)), 0o644); err != nil {
		w.Fatal(err)
	}
}

// gateway waits until the gateway on a volume runs and has recorded it.
func (w *world) gateway(container, data string) {
	w.Helper()
	_, profile, _ := strings.Cut(data, "/")
	script := harness.GatewayRuns(filepath.Join("/opt/data", profile))
	w.untilOK("running gateway of "+container, "docker exec -i "+container+" sh <<'END'\n"+script+"\nEND\n")
}

// healthy asks the image's own health check, which knows what is wanted up.
func (w *world) healthy() {
	w.Helper()
	w.untilOK("health of hermes", "docker exec hermes /command/hermes-health")
}

// port is the address of the host on which the engine published a port.
func (w *world) port(container, port string) string {
	w.Helper()
	return strings.TrimSpace(w.ok("docker port " + container + " " + port))
}
