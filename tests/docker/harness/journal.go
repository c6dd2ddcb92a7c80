package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/image"
)

// journal is what a check asked of the engine, so that a script can ask it again. It is safe for concurrent use.
type journal struct {
	mu    sync.Mutex
	steps []step
	asked int
}

// step is one thing that was asked.
type step struct {
	container string // "": of the image
	start     []string
	files     int // copied before the start
	exec      []string
	code      int
	output    string
	times     int // asked in a row: a poll
}

// mostSteps bounds a script; a check that asks more repeats itself.
const mostSteps = 200

func (j *journal) add(s step) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.asked++
	s.times = 1
	if n := len(j.steps); n > 0 {
		last := &j.steps[n-1]
		if s.exec != nil && last.container == s.container && slices.Equal(last.exec, s.exec) {
			last.code, last.output, last.times = s.code, s.output, last.times+1
			return
		}
	}
	if len(j.steps) < mostSteps {
		j.steps = append(j.steps, s)
	}
}

// looked reports whether anything was asked.
func (j *journal) looked() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.asked > 0
}

// Looked reports whether the check asked the engine or the image anything.
func (s *Subject) Looked() bool { return s.journal.looked() }

// Script returns a script for sh that asks the image again what the check asked, with docker alone. It ends with 1 where
// the last answer is the one that was seen, numbers aside, and with 0 where it is another. what stands in its first lines.
func (s *Subject) Script(what string) string {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	var b strings.Builder
	fmt.Fprintf(&b, "#!/bin/sh\n# %s\n# usage: sh repeat.sh [IMAGE]: exit code 1: seen again; 0: not any more\n",
		strings.ReplaceAll(what, "\n", "\n# "))
	fmt.Fprintf(&b, "image=${1:-%s}\n", quote(s.image))
	b.WriteString(`docker=${DOCKER:-docker} all= same=1 err=$(mktemp)
trap 'rm -f "$err"; for c in $all; do $docker rm -fv "$c" >/dev/null; done' EXIT
# again CODE OUTPUT TRIES COMMAND...: asks until the answer is the one that was seen, TRIES times at most
again() {
    code=$1 want=$2 tries=$3; shift 3
    while :; do
        out=$("$@" 2>"$err"); got=$?
        out=$out$(cat "$err")
        same=1
        [ "$got" = "$code" ] && [ "$(printf %s "$out" | tr -s 0-9 N)" = "$want" ] && break
        same=0
        tries=$((tries - 1)); [ "$tries" -gt 0 ] || break
        sleep 1
    done
    printf '%s\n' "exit code $got" "$out"
}
`)
	names := map[string]string{}
	for _, one := range s.journal.steps {
		one.write(&b, names)
	}
	b.WriteString("exit $same\n")
	return b.String()
}

func (s step) write(b *strings.Builder, names map[string]string) {
	switch {
	case s.start != nil:
		name := fmt.Sprintf("c%d", len(names)+1)
		names[s.container] = name
		if s.files > 0 {
			fmt.Fprintf(b, "# the check also copies %d files into this container before its start\n", s.files)
		}
		fmt.Fprintf(b, "%s=$($docker run -d %s) || exit 2; all=\"$all $%s\"\n", name, words(s.start), name)
	case s.container == "":
		fmt.Fprintf(b, "again %d %s 1 $docker %s\n", s.code, quote(masked(s.output)), words(s.exec))
	case names[s.container] == "":
		fmt.Fprintf(b, "# in a container of another check: %s\n", words(s.exec))
	default:
		fmt.Fprintf(b, "again %d %s %d $docker exec %s\n", s.code, quote(masked(s.output)), min(60, 1+s.times),
			strings.Replace(words(s.exec), "CONTAINER", `"$`+names[s.container]+`"`, 1))
	}
}

var digits = regexp.MustCompile(`[0-9N]+`)

// masked is output as a script compares it: as $( ) leaves it, and as tr squeezes numbers to an N.
func masked(output string) string { return digits.ReplaceAllString(output, "N") }

// substituted is output as $( ) leaves it.
func substituted(output string) string {
	return strings.TrimRight(strings.ReplaceAll(output, "\x00", ""), "\n")
}

// words quotes a command for sh; "$image" stays a variable.
func words(command []string) string {
	quoted := make([]string, len(command))
	for i, w := range command {
		quoted[i] = quote(w)
	}
	return strings.Join(quoted, " ")
}

var plain = regexp.MustCompile(`^[A-Za-z0-9_./:=,@%+-]+$`)

func quote(word string) string {
	switch {
	case word == `"$image"`:
		return word
	case plain.MatchString(word):
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// flags returns a Spec as the operands of docker run.
func (s Spec) flags() []string {
	var f []string
	add := func(words ...string) { f = append(f, words...) }
	if s.Entrypoint != nil {
		add("--entrypoint", strings.Join(s.Entrypoint[:min(1, len(s.Entrypoint))], ""))
	}
	for _, name := range sortedKeys(s.Env) {
		add("-e", name+"="+s.Env[name])
	}
	if s.User != "" {
		add("--user", s.User)
	}
	if s.WorkDir != "" {
		add("--workdir", s.WorkDir)
	}
	if s.TTY {
		add("-it")
	}
	for _, v := range s.Volumes {
		m := v.mount()
		mode := ""
		if v.ReadOnly {
			mode = ":ro"
		}
		add("-v", m.Source+":"+m.Target+mode)
	}
	if s.Host != nil {
		var h container.HostConfig
		s.Host(&h)
		add(hostFlags(h)...)
	}
	add(`"$image"`)
	if len(s.Entrypoint) > 1 {
		add(s.Entrypoint[1:]...)
	}
	return append(f, s.Cmd...)
}

// hostFlags are the settings that checks use.
func hostFlags(h container.HostConfig) []string {
	var f []string
	if h.NetworkMode != "" {
		f = append(f, "--network", string(h.NetworkMode))
	}
	if h.Init != nil && *h.Init {
		f = append(f, "--init")
	}
	if h.ReadonlyRootfs {
		f = append(f, "--read-only")
	}
	for _, at := range sortedKeys(h.Tmpfs) {
		f = append(f, "--tmpfs", strings.TrimSuffix(at+":"+h.Tmpfs[at], ":"))
	}
	for flag, list := range map[string][]string{
		"--cap-drop": h.CapDrop, "--cap-add": h.CapAdd, "--security-opt": h.SecurityOpt, "--group-add": h.GroupAdd, "-v": h.Binds,
	} {
		for _, value := range list {
			f = append(f, flag, value)
		}
	}
	if h.PidsLimit != nil {
		f = append(f, "--pids-limit", fmt.Sprint(*h.PidsLimit))
	}
	for flag, value := range map[string]int64{"--memory": h.Memory, "--shm-size": h.ShmSize} {
		if value > 0 {
			f = append(f, flag, fmt.Sprint(value))
		}
	}
	if h.NanoCPUs > 0 {
		f = append(f, "--cpus", fmt.Sprint(float64(h.NanoCPUs)/1e9))
	}
	return f
}

// operands returns an Exec as the operands of docker exec; CONTAINER stands for the container.
func (x Exec) operands() []string {
	f := []string{"-u", x.User}
	for _, v := range x.Env {
		f = append(f, "-e", v)
	}
	if x.Dir != "" {
		f = append(f, "-w", x.Dir)
	}
	if x.TTY {
		f = append(f, "-t")
	}
	return append(append(f, "CONTAINER"), x.Cmd...)
}

// settingsFormat makes docker image inspect print what settings returns.
const settingsFormat = `{{json .Config.Entrypoint}} {{json .Config.Cmd}} {{json .Config.User}} {{json .Config.WorkingDir}} ` +
	`{{json .Config.Env}} {{json .Config.Volumes}} {{json .Config.Labels}}`

func settings(i image.InspectResponse) string {
	c := i.Config
	if c == nil {
		return ""
	}
	var b strings.Builder
	for n, value := range []any{c.Entrypoint, c.Cmd, c.User, c.WorkingDir, c.Env, c.Volumes, c.Labels} {
		var one bytes.Buffer
		e := json.NewEncoder(&one)
		e.SetEscapeHTML(false)
		if err := e.Encode(value); err != nil {
			return ""
		}
		if n > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(strings.TrimRight(one.String(), "\n"))
	}
	return b.String()
}
