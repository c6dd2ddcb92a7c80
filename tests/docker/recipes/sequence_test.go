//go:build docker

package recipes

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"caduceus/internal/repo/pages"
	"caduceus/tests/docker/harness"
)

var (
	nameInRecipe = regexp.MustCompile(`--name[ =](\S+)`)
	// The answer to a question may be "no" for a moment, while what it asks about starts.
	questionInRecipe = regexp.MustCompile(` (?:gateway status|container (?:doctor|health)|compose ps)\b|^(?:curl|docker (?:logs|ps)) `)
	startsContainers = regexp.MustCompile(`\bdocker (?:run|compose|start|restart)\b`)
	restarts         = regexp.MustCompile(`\bdocker (?:compose )?(?:restart|start)\b`)
	endsContainers   = regexp.MustCompile(`\bdocker (?:rm|stop|kill|rename|compose (?:down|stop|rm))\b`)
	asksHermes       = regexp.MustCompile(`^docker (?:exec|logs|restart|stop|cp|stats|rm) (?:.* )?hermes(?:[ :]|$)`)
	ownImage         = regexp.MustCompile(`\bhermes-agent:dev\b`)
	hostPort         = regexp.MustCompile(`\b(?:127\.0\.0\.1|localhost):(\d+)\b`)
)

// walk is a reader on the way down a page, with the host as the observer.
type walk struct {
	u       *user
	list    pages.List
	session *session
	apart   bool          // the commands are no sequence: what an earlier one started goes before
	limit   time.Duration // of what has to come true after a command: health, an answer on a port
	found   []pages.Finding
	printed []string          // outputs, newest last
	from    map[string]string // container -> name, of all that this page has started
	ports   []openPort        // published and not yet asked
}

// openPort is a port that the page published.
type openPort struct {
	line      int
	container string // id
	name      string
	inside    string // 8642/tcp
	address   string // of the host
}

// followed runs the page and returns what did not work as it is written.
func (w *walk) followed(page pages.Page) []pages.Finding {
	w.u.ports, w.from = map[string]string{}, map[string]string{}
	w.session = w.u.newSession()
	w.quickStart(page)
	w.u.afterwards("docker volume rm -f " + w.u.id + "; docker rmi -f hermes-agent:previous")
	for _, s := range page.Steps {
		switch _, elsewhere := w.list.Of(s.Text); {
		case w.u.ctx.Err() != nil:
			return append(w.found, pages.Finding{Line: s.Line, Text: "the test was ended here"})
		case s.File != "":
			w.write(s)
		case elsewhere:
			w.printed = append(w.printed, "")
		default:
			w.step(s)
		}
	}
	if !w.apart {
		w.askPorts()
	}
	return w.found
}

// quickStart runs what README's does where a page asks the container hermes before it starts one: its reader comes
// from there.
func (w *walk) quickStart(page pages.Page) {
	commands := page.Commands()
	commands = slices.DeleteFunc(commands, func(s pages.Step) bool { _, elsewhere := w.list.Of(s.Text); return elsewhere })
	first := slices.IndexFunc(commands, func(s pages.Step) bool { return asksHermes.MatchString(s.Text) })
	if first < 0 || slices.ContainsFunc(commands[:first], func(s pages.Step) bool {
		return strings.Contains(s.Text, "--name hermes ") || strings.Contains(s.Text, "compose up")
	}) {
		return
	}
	w.u.ok(runLine)
	w.started(pages.Step{})
	w.ports = nil
}

// written is a command as it can run beside others.
func (w *walk) written(command string) string {
	command = ownImage.ReplaceAllLiteralString(command, w.u.image)
	command = strings.ReplaceAll(command, "-v hermes-data:", "-v "+w.u.id+":")
	if strings.HasPrefix(command, "curl ") { // the host asks
		command = hostPort.ReplaceAllStringFunc(command, func(found string) string {
			address, port, _ := strings.Cut(found, ":")
			return address + ":" + cmp.Or(w.u.ports[port], port)
		})
	}
	return w.u.written(command)
}

func (w *walk) write(s pages.Step) {
	path := filepath.Join(w.u.dir, s.File)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.u.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(w.written(s.Text)), 0o644); err != nil {
		w.u.Fatal(err)
	}
	if strings.HasSuffix(s.File, "compose.yaml") {
		w.u.composeFile(s.File)
	}
}

// step runs one command and looks at what it did.
func (w *walk) step(s pages.Step) {
	w.u.Log(s.Text)
	if name := nameInRecipe.FindStringSubmatch(s.Text); w.apart && name != nil {
		w.u.ok("docker rm -f " + name[1] + " >/dev/null 2>&1 || :")
	}
	if !w.apart && endsContainers.MatchString(s.Text) {
		w.askPorts()
	}
	ctx, stop := context.WithTimeout(w.u.ctx, gatewayLimit)
	defer stop()
	command, answer := w.written(s.Text), result{}
	limit := time.Millisecond // once
	if questionInRecipe.MatchString(s.Text) {
		limit = w.limit
	}
	var wrong *pages.Finding
	_ = harness.Poll(ctx, s.Text, limit, func(context.Context) (string, bool, error) {
		answer = w.session.sh(ctx, command)
		wrong = w.judge(s, answer)
		return answer.String(), wrong == nil, nil
	})
	w.printed = append(w.printed, answer.stdout+answer.stderr)
	if wrong != nil {
		w.found = append(w.found, *wrong)
		return
	}
	if startsContainers.MatchString(s.Text) {
		if restarts.MatchString(s.Text) {
			clear(w.from)
		}
		w.started(s)
	}
}

// judge says what is wrong with how a command ended, nil: nothing.
func (w *walk) judge(s pages.Step, r result) *pages.Finding {
	if r.code != 0 {
		return &pages.Finding{Line: s.Line, Text: fmt.Sprintf("%q ends with %v", s.Text, r)}
	}
	if s.Want.Line == 0 || w.apart {
		return nil
	}
	before := w.printed[max(0, len(w.printed)-s.Want.Steps+1):]
	line, why, ok := s.Want.Differs(strings.Join(before, "") + r.stdout)
	if !ok && r.stderr != "" {
		line, why, ok = s.Want.Differs(strings.Join(before, "") + r.stdout + r.stderr)
	}
	if ok {
		return nil
	}
	return &pages.Finding{Line: line, Text: fmt.Sprintf("%s; all of it:\n%s%s", why, strings.Join(before, ""), r)}
}
