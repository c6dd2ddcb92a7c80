//go:build docker

package attack

import (
	"path"
	"regexp"
	"strconv"
	"strings"
)

// systemCall is one that a process of root made.
type systemCall struct {
	program    string // what the process had executed last, with its arguments
	name, line string
	failed     bool
}

// history reads what strace saw, with -f -y --decode-pids=pidns -o.
type history struct {
	asRoot   map[string]bool   // by thread: whether it works on files with the rights of root
	programs map[string]string // by thread
	parents  map[string]string // by thread, where a call that made it ended after its first own one
	pending  map[string]string // by thread: the beginning of a call
}

var (
	resumedCall = regexp.MustCompile(`^<\.\.\. (\w+) resumed>(.*)`)
	callName    = regexp.MustCompile(`^(\w+)\(`)
	callResult  = regexp.MustCompile(`\) += (-?\d+)(?:.*/\* (\d+) in )?`)
	argvOfExec  = regexp.MustCompile(`\[(.*?)\]`)
)

// rootsCalls are the calls of root's processes, in their order.
func rootsCalls(text string) []systemCall {
	h := &history{map[string]bool{}, map[string]string{}, map[string]string{}, map[string]string{}}
	var calls []systemCall
	var whole [][2]string
	for line := range strings.Lines(text) {
		thread, call, found := strings.Cut(strings.TrimSpace(line), " ")
		if !found {
			continue
		}
		if call = h.join(thread, strings.TrimSpace(call)); call == "" {
			continue
		}
		whole = append(whole, [2]string{thread, call})
		if child := childOf(call); child != "" {
			h.parents[child] = thread
		}
	}
	for _, w := range whole {
		if c := h.follow(w[0], w[1]); c != nil {
			calls = append(calls, *c)
		}
	}
	return calls
}

// join puts the parts of a call together that others interrupted; "" is no whole call.
func (h *history) join(thread, call string) string {
	if begin, cut := strings.CutSuffix(call, "<unfinished ...>"); cut {
		h.pending[thread] = begin
		return ""
	}
	if m := resumedCall.FindStringSubmatch(call); m != nil {
		call = h.pending[thread] + strings.TrimSpace(m[2])
		delete(h.pending, thread)
	}
	if !callName.MatchString(call) {
		return ""
	}
	return call
}

// childOf is the thread or process that a call made.
func childOf(call string) string {
	m := callResult.FindStringSubmatch(call)
	switch name, _, _ := strings.Cut(call, "("); name {
	case "clone", "clone3", "fork", "vfork":
		if m != nil {
			return m[2]
		}
	}
	return ""
}

// known makes sure that it is known what a thread is: what its parent is.
func (h *history) known(thread string) {
	if _, known := h.asRoot[thread]; known {
		return
	}
	parent := h.parents[thread]
	if parent == "" { // the first one
		h.asRoot[thread] = true
		return
	}
	h.known(parent)
	h.asRoot[thread], h.programs[thread] = h.asRoot[parent], h.programs[parent]
}

// follow takes a call into account, and returns it where root made it.
func (h *history) follow(thread, call string) *systemCall {
	h.known(thread)
	if child := childOf(call); child != "" {
		h.known(child)
	}
	name := callName.FindStringSubmatch(call)[1]
	result := -1
	if m := callResult.FindStringSubmatch(call); m != nil {
		result, _ = strconv.Atoi(m[1])
	}
	switch name {
	case "execve", "execveat":
		if m := argvOfExec.FindStringSubmatch(call); m != nil && result == 0 {
			h.programs[thread] = strings.NewReplacer(`"`, "", ",", "").Replace(m[1])
		}
	case "setuid", "setreuid", "setresuid", "setfsuid":
		if uid := effectiveUID(name, call); uid != "-1" && (result == 0 || name == "setfsuid") {
			h.asRoot[thread] = uid == "0"
		}
		return nil
	}
	if !h.asRoot[thread] {
		return nil
	}
	return &systemCall{program: h.programs[thread], name: name, line: call, failed: result < 0}
}

// effectiveUID is the id that a call sets for what concerns files.
func effectiveUID(name, call string) string {
	args, _, _ := strings.Cut(strings.TrimPrefix(call, name+"("), ")")
	ids := strings.Split(args, ", ")
	if len(ids) > 1 {
		return ids[1]
	}
	return ids[0]
}

// descriptorPath is a descriptor as strace shows it, with its path.
var descriptorPath = regexp.MustCompile(`(?:\d+|AT_FDCWD)<([^>]*)>`)

// quotedName is an argument that may be a path.
var quotedName = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)

// paths are what a call names, in full.
func (c systemCall) paths() []string {
	at := "/"
	var list []string
	arguments, _, _ := strings.Cut(c.line, ") = ")
	for word := range strings.SplitSeq(arguments, ", ") {
		if m := descriptorPath.FindStringSubmatch(word); m != nil {
			at = m[1]
			if !strings.Contains(word, "AT_FDCWD") {
				list = append(list, path.Clean(at))
			}
		} else if m := quotedName.FindStringSubmatch(word); m != nil {
			if name := m[1]; path.IsAbs(name) {
				list = append(list, path.Clean(name))
			} else {
				list = append(list, path.Join(at, name))
			}
		}
		if c.name == "execve" { // the rest are its arguments
			if len(list) > 0 {
				break
			}
		}
	}
	return list
}
