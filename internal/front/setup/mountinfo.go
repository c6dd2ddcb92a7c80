package setup

import (
	"fmt"
	"path"
	"strconv"
	"strings"
)

// mountPoint is a line of /proc/self/mountinfo.
type mountPoint struct {
	point  string // where it is mounted
	source string // its directory in the file system it is from, such as one of the host
	kind   string // of the file system
}

// parseMounts reads the text of mountinfo. It skips what is not a line of it.
func parseMounts(mountinfo string) []mountPoint {
	var mounts []mountPoint
	for line := range strings.Lines(mountinfo) {
		before, after, found := strings.Cut(line, " - ")
		fields, rest := strings.Fields(before), strings.Fields(after)
		if !found || len(fields) < 5 || len(rest) == 0 {
			continue
		}
		mounts = append(mounts, mountPoint{point: unescape(fields[4]), source: unescape(fields[3]), kind: rest[0]})
	}
	return mounts
}

// unescape undoes the kernel's octal escapes of blanks and backslashes.
func unescape(point string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(point)
}

// mend returns the command that gives what is mounted to hermes: by the engine for a named volume, else on the host.
// A mount that is not in the table is only described.
func (m mountPoint) mend(uid, gid uint32) string {
	ids := fmt.Sprintf("%d:%d", uid, gid)
	if before, name := path.Split(path.Dir(m.source)); path.Base(m.source) == "_data" && path.Base(before) == "volumes" {
		return fmt.Sprintf("docker run --rm -v %s:/v busybox chown -R %s /v", shellWord(name), ids)
	}
	switch {
	case m.kind == "tmpfs":
		return fmt.Sprintf("mount it with the options uid=%d,gid=%d", uid, gid)
	case m.source == "" || m.source == "/":
		return fmt.Sprintf("chown -R %s its directory on the host", ids)
	}
	return fmt.Sprintf("chown -R %s %s on the host", ids, shellWord(m.source))
}

// shellWord returns a word as a shell reads it, on one line.
func shellWord(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+@%:,", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	if strings.IndexFunc(word, func(r rune) bool { return !strconv.IsPrint(r) }) < 0 {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	return strconv.Quote(word)
}
