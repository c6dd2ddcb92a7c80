package pages

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Finding is what does not work on a page as it is written.
type Finding struct {
	Line int
	Text string
}

// Against is the finding with its page, as compilers print one.
func (f Finding) Against(page string) string { return fmt.Sprintf("%s:%d: %s", page, f.Line, f.Text) }

var (
	runs      = regexp.MustCompile(`\bdocker run\b`)
	nameOf    = regexp.MustCompile(` --name[ =](\S+)`)
	volumeOf  = regexp.MustCompile(` -v (\S+):/opt/data\b`)
	variable  = regexp.MustCompile(` -e (\w+)`)
	published = regexp.MustCompile(` -p (?:\S+:)?(\d+)(?:/\w+)?\b`)
	otherRoot = regexp.MustCompile(` --(?:user|entrypoint|userns|network)\b| -u `)
	identity  = regexp.MustCompile(`^(?:HERMES_UID|HERMES_GID|PUID|PGID)$`)
	tunnel    = regexp.MustCompile(`\bssh (?:-\w+ )*-\w*L\b`)
	// What says where the tunnel ends: an address of the host, or that it is not the container's.
	loopback = regexp.MustCompile(`--network[ =]host|network_mode: ?host|127\.0\.0\.1:\d+:\d+|-L \d+:|not at the container's`)
)

// run is a docker run line.
type run struct {
	step         Step
	name, volume string
	options      []string // -e NAME, -p PORT
	ids          bool     // says whose the files are
}

func all(re *regexp.Regexp, text string) []string {
	var found []string
	for _, m := range re.FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

func first(re *regexp.Regexp, text string) string {
	if found := all(re, text); len(found) > 0 {
		return found[0]
	}
	return ""
}

func (p Page) runs() []run {
	var list []run
	for _, s := range p.Commands() {
		if !runs.MatchString(s.Text) {
			continue
		}
		r := run{step: s, name: first(nameOf, s.Text), volume: first(volumeOf, s.Text)}
		for _, v := range all(variable, s.Text) {
			r.ids = r.ids || identity.MatchString(v)
			r.options = append(r.options, "-e "+v)
		}
		for _, port := range all(published, s.Text) {
			r.options = append(r.options, "-p "+port)
		}
		list = append(list, r)
	}
	return list
}

// Findings are what cannot work on a page, whatever the engine does: an option that a later command on the same
// volume drops, a dashboard that nobody outside sees, a tunnel to where nothing listens.
func (p Page) Findings() []Finding {
	list := p.runs()
	found := slices.Concat(owners(list), dropped(list), unseen(list), p.tunnels())
	slices.SortStableFunc(found, func(a, b Finding) int { return a.Line - b.Line })
	return found
}

// owners wants the ids of the reader in all commands on a volume, or in none: without them the files go back.
func owners(list []run) []Finding {
	var found []Finding
	said := map[string]int{} // volume -> line
	for _, r := range list {
		if r.ids && r.volume != "" {
			said[r.volume] = r.step.Line
		}
	}
	for _, r := range list {
		if line, ok := said[r.volume]; ok && !r.ids && !otherRoot.MatchString(r.step.Text) {
			found = append(found, Finding{r.step.Line, fmt.Sprintf(
				"lacks HERMES_UID and HERMES_GID, which line %d gives for %s: each command on a volume needs them, or its files change their owner", line, r.volume)})
		}
	}
	return found
}

// dropped wants a container that is recreated in the same section to keep its options.
func dropped(list []run) []Finding {
	var found []Finding
	for i, later := range list {
		for _, earlier := range list[:i] {
			if later.name == "" || later.name != earlier.name || later.volume != earlier.volume || later.step.Section != earlier.step.Section {
				continue
			}
			for _, option := range earlier.options {
				if !slices.Contains(later.options, option) && !identity.MatchString(strings.TrimPrefix(option, "-e ")) {
					found = append(found, Finding{later.step.Line, fmt.Sprintf(
						"drops %q, which line %d gives %s: repeat it", option, earlier.step.Line, earlier.name)})
				}
			}
		}
	}
	return found
}

// unseen wants a dashboard to be published.
func unseen(list []run) []Finding {
	var found []Finding
	for _, r := range list {
		asked := slices.Contains(r.options, "-e HERMES_DASHBOARD") && !strings.Contains(r.step.Text, "HERMES_DASHBOARD=0")
		if asked && !slices.Contains(r.options, "-p 9119") && !strings.Contains(r.step.Text, "--network") {
			found = append(found, Finding{r.step.Line, "starts a dashboard that nobody outside the container sees: publish 9119, with HERMES_DASHBOARD_HOST and a sign-in"})
		}
	}
	return found
}

// tunnels wants a paragraph that sends the reader through ssh to say what listens on the host.
func (p Page) tunnels() []Finding {
	var found []Finding
	for _, prose := range p.Prose {
		if tunnel.MatchString(prose.Text) && !loopback.MatchString(prose.Text) {
			found = append(found, Finding{prose.Line, "ssh -L ends at the host's loopback, where what listens on the container's is not: name in the paragraph what is, as -L PORT:127.0.0.1:PORT with -p 127.0.0.1:PORT:PORT"})
		}
	}
	return found
}
