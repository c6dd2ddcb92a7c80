//go:build docker

package recipes

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"caduceus/internal/clause"
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

var users atomic.Int64

// user is somebody who follows a recipe: with a home and a current folder of their own,
// and names that collide with nobody's.
type user struct {
	*testing.T
	ctx    context.Context // ends with the test, or with ^C
	home   string
	dir    string
	id     string
	env    []string
	image  string   // stands for the image of the agent's guide, and is IMAGE on our pages
	others standIns // stand for the other images that it names
	names  map[string]bool
	ports  map[string]string // port of the host in the recipe -> one that is free here, the same in all its commands; nil: any
}

// result is how a script ended.
type result struct {
	stdout, stderr string
	code           int
}

func (r result) String() string {
	return fmt.Sprintf("exit %d\nstdout: %s\nstderr: %s", r.code, r.stdout, r.stderr)
}

// newUser begins a recipe that proves clauses, and runs it beside others.
func newUser(t *testing.T, clauses ...string) *user {
	t.Helper()
	t.Parallel()
	clause.Proves(t, clauses...)
	// Not t.TempDir: what containers leave there is not always ours to remove.
	root, err := os.MkdirTemp(scratch, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	context.AfterFunc(docker.Interrupted, stop)
	u := &user{
		T: t, ctx: ctx, home: filepath.Join(root, "home"), dir: filepath.Join(root, "project"),
		id:    fmt.Sprintf("caduceus-test-%s-r%d", docker.Run(), users.Add(1)),
		image: docker.Image(), names: map[string]bool{},
	}
	bin := filepath.Join(root, "bin")
	for _, dir := range []string{u.home, u.dir, bin} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(command.Path, filepath.Join(bin, "docker")); err != nil {
		t.Fatal(err)
	}
	u.env = append(append(os.Environ(), docker.Env()...), "HOME="+u.home, "PATH="+bin+":"+os.Getenv("PATH"), "IMAGE="+u.image)
	t.Cleanup(func() { u.end(root) })
	return u
}

// end removes the user's containers and folders, as root of a container
// where the test is not root itself.
func (u *user) end(root string) {
	ctx, stop := context.WithTimeout(context.Background(), 2*time.Minute)
	defer stop()
	for name := range u.names {
		if u.Failed() {
			u.Logf("docker logs %s:\n%s", name, tail(u.run(ctx, "docker logs "+name+" 2>&1").stdout))
		}
		u.run(ctx, "docker rm -fv "+name)
	}
	if os.Geteuid() != 0 {
		u.run(ctx, "docker run --rm --user 0 --entrypoint rm -v "+root+":/gone "+docker.Image()+" -rf /gone/home /gone/project")
	}
	if err := os.RemoveAll(root); err != nil {
		u.Errorf("cannot clean up: %v", err)
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
func (u *user) name(guide string) string {
	name := strings.ToLower(u.id) + "-" + guide
	u.names[name] = true
	return name
}

var (
	namedInRecipe = regexp.MustCompile(`(--name |container_name: |--network[ =]|docker network (?:create|inspect) |` +
		`docker (?:exec(?: -it?| -u \w+| -e \S+)*|cp|stats|inspect|port|top|attach|logs(?: -f| --tail \d+)*) )((?:hermes|my-tool|vllm|ollama)[\w-]*)`)
	allInRecipe   = regexp.MustCompile(`(docker (?:restart|start|stop|rm|rename|kill|wait)(?: -\S+(?: \d+)?)*)((?: (?:hermes|my-tool|vllm|ollama)[\w-]*)+)`)
	portInRecipe  = regexp.MustCompile(`(?:127\.0\.0\.1:)?\b(\d{4,5}):(8642|9119|8000)\b`)
	imageInRecipe = regexp.MustCompile(regexp.QuoteMeta(guideImage) + `(:latest)?`)
	newInRecipe   = regexp.MustCompile(`docker (run|build|network create)\b`)
	tagInRecipe   = regexp.MustCompile(`\b(my-hermes:latest|hermes-agent-audio|hermes-agent:previous)\b`)
)

// written is a recipe as it can run here: with the image under test, unique
// names, free ports of loopback, and the run's label on all that it makes.
func (u *user) written(recipe string) string {
	recipe = imageInRecipe.ReplaceAllLiteralString(recipe, u.image)
	recipe = tagInRecipe.ReplaceAllStringFunc(recipe, func(tag string) string { return strings.ToLower(u.id) + "-" + tag })
	recipe = portInRecipe.ReplaceAllStringFunc(recipe, u.published)
	recipe = newInRecipe.ReplaceAllString(recipe, "docker $1 --label "+dockerLabel+docker.Run())
	recipe = otherInRecipe.ReplaceAllStringFunc(recipe, u.others.of)
	recipe = allInRecipe.ReplaceAllStringFunc(recipe, func(found string) string {
		m := allInRecipe.FindStringSubmatch(found)
		for name := range strings.FieldsSeq(m[2]) {
			m[1] += " " + u.name(name)
		}
		return m[1]
	})
	return namedInRecipe.ReplaceAllStringFunc(recipe, func(found string) string {
		m := namedInRecipe.FindStringSubmatch(found)
		if m[1] == "--network " && m[2] == "host" {
			return found
		}
		return m[1] + u.name(m[2])
	})
}

// published is a port of the recipe as it is published here, on loopback.
func (u *user) published(recipe string) string {
	m := portInRecipe.FindStringSubmatch(recipe)
	if u.ports == nil {
		return "127.0.0.1::" + m[2]
	}
	if u.ports[m[1]] == "" {
		u.ports[m[1]] = u.freePort()
	}
	return "127.0.0.1:" + u.ports[m[1]] + ":" + m[2]
}

// freePort is one below those that the kernel gives to others by itself.
func (u *user) freePort() string {
	u.Helper()
	for range 100 {
		port := strconv.Itoa(20000 + rand.IntN(10000))
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = l.Close()
			return port
		}
	}
	u.Fatal("want a free port")
	return ""
}

// sh runs a recipe in a shell and waits for it.
func (u *user) sh(recipe string) result {
	u.Helper()
	ctx, stop := context.WithTimeout(u.ctx, 12*time.Minute)
	defer stop()
	return u.run(ctx, u.written(recipe))
}

// ok is sh for a recipe that must succeed; it returns stdout.
func (u *user) ok(recipe string) string {
	u.Helper()
	r := u.sh(recipe)
	if r.code != 0 {
		u.Fatalf("want success of\n%s\ngot %s", u.written(recipe), r)
	}
	return r.stdout
}

func (u *user) run(ctx context.Context, script string) result {
	var out, errs bytes.Buffer
	cmd := u.command(ctx, "sh", "-ec", script)
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

// command is a program that the user runs; the end of ctx ends its process group.
func (u *user) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env = u.dir, u.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// until polls a recipe until ok likes how it ended.
func (u *user) until(what, recipe string, limit time.Duration, ok func(result) bool) result {
	u.Helper()
	var last result
	script := u.written(recipe)
	err := harness.Poll(u.ctx, what, limit, func(ctx context.Context) (string, bool, error) {
		last = u.run(ctx, script)
		return last.String(), ok(last), nil
	})
	if err != nil {
		u.Fatal(err)
	}
	return last
}

// untilOK polls a recipe until it succeeds.
func (u *user) untilOK(what, recipe string) {
	u.Helper()
	u.until(what, recipe, gatewayLimit, func(r result) bool { return r.code == 0 })
}

// afterwards runs a script at the end of the test, whatever its result.
func (u *user) afterwards(script string) {
	script = u.written(script)
	u.Cleanup(func() {
		ctx, stop := context.WithTimeout(context.Background(), time.Minute)
		defer stop()
		u.run(ctx, script)
	})
}

// file is a path in the recipe's home.
func (u *user) file(path string) string { return filepath.Join(u.home, path) }

// read returns a file of the home; "" where there is none.
func (u *user) read(path string) string {
	u.Helper()
	b, err := os.ReadFile(u.file(path))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		u.Fatal(err)
	}
	return string(b)
}

// write makes a file of the home and the folders above it.
func (u *user) write(path, content string) {
	u.Helper()
	if err := os.MkdirAll(filepath.Dir(u.file(path)), 0o755); err != nil {
		u.Fatal(err)
	}
	if err := os.WriteFile(u.file(path), []byte(content), 0o644); err != nil {
		u.Fatal(err)
	}
}

// put copies files of deploy/ into the recipe's current folder, as written.
func (u *user) put(paths ...string) {
	u.Helper()
	for _, p := range paths {
		b, err := os.ReadFile(filepath.Join(deployDir, p))
		if err != nil {
			u.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(u.dir, filepath.Base(p)), []byte(u.written(string(b))), 0o644); err != nil {
			u.Fatal(err)
		}
	}
}

// edit replaces text of the compose file, which must be there.
func (u *user) edit(old, updated string) {
	u.Helper()
	path := filepath.Join(u.dir, "docker-compose.yaml")
	b, err := os.ReadFile(path)
	if err != nil {
		u.Fatal(err)
	}
	if !strings.Contains(string(b), old) {
		u.Fatalf("want %q in the compose file, got:\n%s", old, b)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(b), old, updated)), 0o644); err != nil {
		u.Fatal(err)
	}
}

// gateway waits until the gateway on a volume runs and has recorded it.
func (u *user) gateway(container, data string) {
	u.Helper()
	_, profile, _ := strings.Cut(data, "/")
	script := harness.GatewayRuns(filepath.Join("/opt/data", profile))
	u.untilOK("running gateway of "+container, "docker exec -i "+container+" sh <<'END'\n"+script+"\nEND\n")
}

// healthy asks the image's own health check, which knows what is wanted up.
func (u *user) healthy() {
	u.Helper()
	u.untilOK("health of hermes", "docker exec hermes /command/hermes-health")
}

// port is the address of the host on which the engine published a port.
func (u *user) port(container, port string) string {
	u.Helper()
	return strings.TrimSpace(u.ok("docker port " + container + " " + port))
}
