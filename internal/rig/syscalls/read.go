package syscalls

import (
	"regexp"
	"strconv"
	"strings"
)

// history is what is known of threads, by their numbers.
type history struct {
	asRoot   map[string]bool   // by thread: whether it works on files with the rights of root
	made     map[string]bool   // by thread: in a process that another one made
	foreign  map[string]bool   // by thread: in such a process, which has executed another program
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

// Read gives the calls of a trace, in the order in which they ended.
func Read(text string) []Call {
	h := &history{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]string{}, map[string]string{}, map[string]string{}}
	var calls []Call
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
			h.made[child] = !strings.Contains(call, "CLONE_THREAD")
		}
	}
	for _, w := range whole {
		calls = append(calls, h.follow(w[0], w[1]))
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
	h.asRoot[thread], h.programs[thread], h.foreign[thread] = h.asRoot[parent], h.programs[parent], h.foreign[parent]
	h.made[thread] = h.made[thread] || h.made[parent]
}

// follow takes a call into account: what comes of it counts for the calls after it, a program for itself, too.
func (h *history) follow(thread, call string) Call {
	h.known(thread)
	if child := childOf(call); child != "" {
		h.known(child)
	}
	c := Call{Name: callName.FindStringSubmatch(call)[1], Line: call, Root: h.asRoot[thread], Own: !h.foreign[thread]}
	result := -1
	if m := callResult.FindStringSubmatch(call); m != nil {
		result, _ = strconv.Atoi(m[1])
	}
	c.Failed = result < 0
	switch c.Name {
	case "execve", "execveat":
		if m := argvOfExec.FindStringSubmatch(call); m != nil && result == 0 {
			h.programs[thread], h.foreign[thread] = strings.NewReplacer(`"`, "", ",", "").Replace(m[1]), h.made[thread]
		}
	case "setuid", "setreuid", "setresuid", "setfsuid":
		if uid := effectiveUID(c.Name, call); uid != "-1" && (result == 0 || c.Name == "setfsuid") {
			h.asRoot[thread] = uid == "0"
		}
	}
	c.Program = h.programs[thread]
	return c
}

// effectiveUID is the id that a call sets for what concerns files.
func effectiveUID(name, call string) string {
	args, _, _ := strings.Cut(strings.TrimPrefix(call, name+"("), ")")
	ids := strings.Split(strings.TrimSpace(args), ", ") // a call that another interrupted has a blank behind its arguments
	if len(ids) > 1 {
		return ids[1]
	}
	return ids[0]
}
