package syscalls

import (
	"path"
	"regexp"
	"strings"
)

// Call is a system call.
type Call struct {
	Name, Line string
	Program    string // what the process had executed last while it was traced, with its arguments; "": nothing
	Root       bool   // it worked on files with the rights of root
	Own        bool   // the first process made it, or one that it made and that has executed nothing yet
	Failed     bool
}

var (
	// descriptorPath is a descriptor as strace shows it, with its path.
	descriptorPath = regexp.MustCompile(`(?:\d+|AT_FDCWD)<([^>]*)>`)
	// quotedName is an argument that may be a path.
	quotedName = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
	// opened is the end of a call that gives a descriptor: what it leads to, whatever was named.
	opened = regexp.MustCompile(`\) += \d+<([^>]*)>$`)
)

// carriesData reports whether what is quoted in a call is data and not a name.
func carriesData(name string) bool {
	for _, part := range []string{"read", "write", "recv", "send"} {
		if strings.Contains(name, part) && !strings.HasPrefix(name, "readlink") {
			return true
		}
	}
	return false
}

// Paths are what a call names and what it opened, in full.
func (c Call) Paths() []string {
	at := "/"
	var list []string
	arguments, _, _ := strings.Cut(c.Line, ") = ")
	for word := range strings.SplitSeq(arguments, ", ") {
		if m := descriptorPath.FindStringSubmatch(word); m != nil {
			at = m[1]
			if !strings.Contains(word, "AT_FDCWD") {
				list = append(list, path.Clean(at))
			}
		} else if m := quotedName.FindStringSubmatch(word); m != nil && !carriesData(c.Name) {
			if name := m[1]; path.IsAbs(name) {
				list = append(list, path.Clean(name))
			} else {
				list = append(list, path.Join(at, name))
			}
		}
		if c.Name == "execve" && len(list) > 0 { // the rest are its arguments
			break
		}
	}
	if m := opened.FindStringSubmatch(c.Line); m != nil {
		list = append(list, path.Clean(m[1]))
	}
	return list
}
