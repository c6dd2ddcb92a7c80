package pipeline

import (
	"fmt"
	"regexp"
	"strings"

	"caduceus/internal/host"
)

// cause is a known reason for a failed build and how a log shows it.
type cause struct {
	text string // what the person reads
	next string
	seen *regexp.Regexp
}

// causes in the order in which they are tried: a full disk breaks downloads, too,
// and a failed download breaks hashes.
func causes(base string) []cause {
	return []cause{
		{
			"no space left on the engine's disk", `free some, say with "docker builder prune", and build again`,
			regexp.MustCompile(`(?i)no space left on device|disk quota exceeded|ENOSPC`),
		},
		{
			"a downloaded file does not have the hash of the lock",
			"build again; if it stays so, the file was replaced at its source: compare it with image/locks before you renew the lock",
			regexp.MustCompile(`(?i)hash(es)? mismatch|do not match the hashes|EINTEGRITY|checksum mismatch|hash sum mismatch`),
		},
		{
			fmt.Sprintf("there is no base image %q", base), `run "go tool mage base", or name another in BASE_IMAGE`,
			regexp.MustCompile(`(?i)pull access denied|manifest unknown|failed to resolve source metadata|failed to (do request|authorize).*(manifests|token)`),
		},
		{
			"no network: a download could not be reached", "check the network or the proxy of this host, and build again",
			regexp.MustCompile(`(?i)temporary failure (in name resolution|resolving)|could not resolve|couldn't resolve|network is unreachable|` +
				`no route to host|connection (refused|timed out|reset)|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|dns error|` +
				`failed to establish a new connection|failed to fetch|i/o timeout|no such host`),
		},
		{
			"a pinned version is no longer in the archive", "renew the lock in image/, look at the difference, and build again",
			regexp.MustCompile(`(?i)version '[^']*' for '[^']*' was not found|no matching distribution found|has no installation candidate|ETARGET`),
		},
	}
}

// diagnose makes one line for a person of a failed build: which step, why, and what
// to do next.
func diagnose(what, base string, p *progress, logFile string, err error) error {
	out := &host.Problem{What: what, Next: "read " + logFile, Err: err}
	log := p.log()
	for _, c := range causes(base) {
		if line := lastMatch(c.seen, log); line != "" {
			out.Cause, out.Next = c.text, c.next
			break
		}
	}
	if out.Cause == "" {
		out.Cause = lastLine(log)
	}
	if p.failed != nil {
		out.What += fmt.Sprintf(" at step %q", clip(p.failed.name))
	}
	return out
}

func lastMatch(re *regexp.Regexp, text string) string {
	found := ""
	for line := range strings.Lines(text) {
		if re.MatchString(line) {
			found = line
		}
	}
	return found
}

// lastLine is the last line that says something: of the client's own words, or the
// failed step's.
func lastLine(text string) string {
	last := "the build failed without a word"
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "---") {
			last = line
		}
	}
	return clip(last)
}
