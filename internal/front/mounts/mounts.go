package mounts

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Mount is a line of /proc/self/mountinfo.
type Mount struct {
	Point    string // where it is mounted
	Source   string // its directory in the file system it is from, such as one of the host
	Kind     string // of the file system
	Device   string // of the file system, MAJOR:MINOR
	ReadOnly bool
}

// Table lists the mounts of this process, in the order in which they were made; none where the kernel does not say.
func Table() []Mount {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	return Parse(string(text))
}

// Parse reads the text of mountinfo. It skips what is not a line of it.
func Parse(mountinfo string) []Mount {
	var mounts []Mount
	for line := range strings.Lines(mountinfo) {
		before, after, found := strings.Cut(line, " - ")
		fields, rest := strings.Fields(before), strings.Fields(after)
		if !found || len(fields) < 6 || len(rest) == 0 {
			continue
		}
		mounts = append(mounts, Mount{
			Point: unescape(fields[4]), Source: unescape(fields[3]), Kind: rest[0], Device: fields[2],
			ReadOnly: slices.Contains(strings.Split(fields[5], ","), "ro"),
		})
	}
	return mounts
}

// unescape undoes the kernel's octal escapes of blanks and backslashes.
func unescape(point string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(point)
}

// Of returns the mount that path lies in. Of several on one directory the last one counts: it covers the others.
func Of(table []Mount, path string) Mount {
	var best Mount
	for _, m := range table {
		if Within(path, m.Point) && len(m.Point) >= len(best.Point) {
			best = m
		}
	}
	return best
}

// Within reports whether path is dir or lies below it.
func Within(path, dir string) bool {
	return dir == "/" || path == dir || strings.HasPrefix(path, dir+"/")
}

// Volume returns the name of the engine's volume that is mounted, and "" where it is none.
func (m Mount) Volume() string {
	before, name := path.Split(path.Dir(m.Source))
	if path.Base(m.Source) != "_data" || path.Base(before) != "volumes" {
		return ""
	}
	return name
}

// Anonymous reports whether it is a volume that the engine has made by itself, and will not find again for the next
// container: its name is 64 hexadecimal digits.
func (m Mount) Anonymous() bool {
	name := m.Volume()
	return len(name) == 64 && strings.Trim(name, "0123456789abcdef") == ""
}

// Named is what stands before the colon of -v for this mount, as far as the container can know: its directory on the
// host is known only below the file system that it is from.
func (m Mount) Named() string {
	if name := m.Volume(); name != "" {
		return Word(name)
	}
	if m.Source == "" || m.Source == "/" {
		return "SOURCE"
	}
	return Word(m.Source)
}

// Mend returns the command that gives what is mounted to these ids: by the engine for a named volume, else on the host.
// A mount that is not in the table is only described.
func (m Mount) Mend(uid, gid uint32) string {
	ids := fmt.Sprintf("%d:%d", uid, gid)
	if name := m.Volume(); name != "" {
		return fmt.Sprintf("docker run --rm -v %s:/v busybox chown -R %s /v", Word(name), ids)
	}
	switch {
	case m.Kind == "tmpfs":
		return fmt.Sprintf("mount it with the options uid=%d,gid=%d", uid, gid)
	case m.Source == "" || m.Source == "/":
		return fmt.Sprintf("chown -R %s its directory on the host", ids)
	}
	return fmt.Sprintf("chown -R %s %s on the host", ids, Word(m.Source))
}

// Word returns a word as a shell reads it, on one line.
func Word(word string) string {
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
