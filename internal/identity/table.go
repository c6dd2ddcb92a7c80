package identity

import (
	"slices"
	"strconv"
	"strings"
)

// Table is an account file (passwd or group): for each line its colon-separated fields. Comments, blank and damaged
// lines are kept, so that ParseTable(b).Bytes() is b, up to the final newline.
type Table [][]string

// Columns of the two files that this package reads or edits.
const (
	colName   = 0
	colUID    = 2 // passwd
	colGID    = 3 // passwd
	colHome   = 5 // passwd
	lenPasswd = 7

	colGroupGID = 2
	colMembers  = 3
	lenGroup    = 4
)

// ParseTable splits an account file into fields. It takes any content.
func ParseTable(b []byte) Table {
	text := strings.TrimSuffix(string(b), "\n")
	if text == "" {
		return nil
	}
	var t Table
	for line := range strings.SplitSeq(text, "\n") {
		t = append(t, strings.Split(line, ":"))
	}
	return t
}

// Bytes returns the content of the file.
func (t Table) Bytes() []byte {
	var b strings.Builder
	for _, fields := range t {
		b.WriteString(strings.Join(fields, ":"))
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

func (t Table) clone() Table {
	c := make(Table, len(t))
	for i, fields := range t {
		c[i] = slices.Clone(fields)
	}
	return c
}

// entryID reports whether fields is a usable passwd or group line (n columns) and its numeric column.
// The C library skips other lines, so this package does, too.
func entryID(fields []string, n, numeric int) (uint32, bool) {
	if len(fields) != n || fields[colName] == "" || strings.HasPrefix(fields[colName], "#") {
		return 0, false
	}
	id, err := strconv.ParseUint(fields[numeric], 10, 32)
	return uint32(id), err == nil
}

func userIDs(fields []string) (uid, gid uint32, ok bool) {
	uid, ok = entryID(fields, lenPasswd, colUID)
	if !ok {
		return 0, 0, false
	}
	gid, ok = entryID(fields, lenPasswd, colGID)
	return uid, gid, ok
}

func groupID(fields []string) (gid uint32, ok bool) { return entryID(fields, lenGroup, colGroupGID) }

func members(fields []string) []string {
	if fields[colMembers] == "" {
		return nil
	}
	return strings.Split(fields[colMembers], ",")
}

func decimal(id uint32) string { return strconv.FormatUint(uint64(id), 10) }
