package base

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
)

// archiveKeyring is where Debian's archive keys are inside the base.
const archiveKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

// entry is one line of the one-line sources format.
type entry struct {
	uri, suite string
	components []string
}

// parseSources reads what the bootstrap tool wrote. Options in brackets are for
// the build host's keys and are left out.
func parseSources(r io.Reader) ([]entry, error) {
	var entries []entry
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		kind, rest, _ := strings.Cut(line, " ")
		if options, after, ok := strings.Cut(rest, "]"); ok && strings.HasPrefix(strings.TrimSpace(options), "[") {
			rest = after
		}
		fields := strings.Fields(rest)
		if kind != "deb" || len(fields) < 3 {
			return nil, fmt.Errorf("cannot parse line %d of the bootstrap's apt sources: %q", n, line)
		}
		entries = append(entries, entry{fields[0], fields[1], fields[2:]})
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("cannot make apt sources: the bootstrap wrote none")
	}
	return entries, nil
}

// deb822 writes entries as stanzas: one for each archive, with its suites together.
func deb822(entries []entry) string {
	type stanza struct {
		uri, components string
		suites          []string
	}
	var stanzas []*stanza
	for _, e := range entries {
		components := strings.Join(e.components, " ")
		at := slices.IndexFunc(stanzas, func(s *stanza) bool { return s.uri == e.uri && s.components == components })
		if at < 0 {
			at = len(stanzas)
			stanzas = append(stanzas, &stanza{uri: e.uri, components: components})
		}
		stanzas[at].suites = append(stanzas[at].suites, e.suite)
	}
	var b strings.Builder
	for i, s := range stanzas {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "Types: deb\nURIs: %s\nSuites: %s\nComponents: %s\nSigned-By: %s\n",
			s.uri, strings.Join(s.suites, " "), s.components, archiveKeyring)
	}
	return b.String()
}
