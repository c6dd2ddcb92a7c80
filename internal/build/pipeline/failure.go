package pipeline

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"caduceus/internal/host"
)

// cause is a known reason for a failed build and how a log shows it.
type cause struct {
	text   string // what the person reads
	next   string
	seen   *regexp.Regexp
	object *regexp.Regexp // its first group that matches is the package or host concerned; nil: the step is enough
}

// causes in the order in which they are tried: a full disk breaks downloads, too,
// and a failed download breaks hashes.
func causes(base string) []cause {
	return []cause{
		{
			"no space left on the engine's disk", `free some, say with "docker builder prune", and build again`,
			regexp.MustCompile(`(?i)no space left on device|disk quota exceeded|ENOSPC`), nil,
		},
		{
			"a downloaded file does not have the hash of the lock",
			"build again; if it stays so, the file was replaced at its source: compare it with image/locks before you renew the lock",
			regexp.MustCompile(`(?i)hash(es)? mismatch|do not match the hashes|EINTEGRITY|checksum mismatch|hash sum mismatch`),
			regexp.MustCompile("(?i)hash mismatch for `([^`]+)`|^\\s*(\\S+==\\S+) from |wanted (sha[0-9]+-[^= ]+)|^verifying (\\S+): checksum"),
		},
		{
			fmt.Sprintf("there is no base image %q", base), `run "go tool mage base", or name another in BASE_IMAGE`,
			regexp.MustCompile(`(?i)pull access denied|manifest unknown|failed to resolve source metadata|failed to (do request|authorize).*(manifests|token)`), nil,
		},
		{
			"a download's TLS certificate is not trusted", "add the certificate of your proxy to " + certificates + ", and build again",
			regexp.MustCompile(`(?i)certificate verify failed|unable to get local issuer|self.signed certificate|unknown ?issuer|SSL certificate problem`), nil,
		},
		{
			"no network: a download could not be reached", "check the network or the proxy of this host, and build again",
			regexp.MustCompile(`(?i)temporary failure (in name resolution|resolving)|could not resolve|couldn't resolve|network is unreachable|` +
				`no route to host|connection (refused|timed out|reset)|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|dns error|` +
				`failed to establish a new connection|failed to fetch|i/o timeout|no such host`),
			regexp.MustCompile(`(?i)(?:failure resolving|resolve(?: host:?)?|ENOTFOUND|EAI_AGAIN|lookup) '?([\w-]+(?:\.[\w-]+)+)`),
		},
		{
			"a pinned version is no longer in the archive", `run "image/build/update-locks.sh AGENT-DIRECTORY", look at the difference, and build again`,
			regexp.MustCompile(`(?i)version '[^']*' for '[^']*' was not found|no matching distribution found|has no installation candidate|unable to locate package|ETARGET`),
			regexp.MustCompile(`(?i)for '([^']*)' was not found|distribution found for (\S+)|package '([^']*)' has no|locate package (\S+)|version found for (\S+?)\.?$`),
		},
	}
}

// diagnose turns a failed build into one line for a person: which step, why, and what to do next.
func diagnose(what, base string, p *progress, logFile string, err error) error {
	out := &host.Problem{What: what, Next: "read " + logFile, Err: err}
	if p.failed != nil {
		out.What += fmt.Sprintf(" at step %q", clip(p.failed.name))
	}
	log := p.log()
	if cause, next, ok := explain(base, log); ok {
		out.Cause, out.Next = cause, next
		return out
	}
	out.Cause = "it printed nothing"
	if len(log) > 0 {
		out.Cause = strings.TrimPrefix(clip(log[len(log)-1]), "ERROR: ")
	}
	if p.failed != nil && p.failed.exit != "" {
		out.Cause += " (exit code " + p.failed.exit + ")"
	}
	return out
}

// explain finds the first known cause that a log shows.
func explain(base string, log []string) (text, next string, ok bool) {
	for _, c := range causes(base) {
		if slices.ContainsFunc(log, c.seen.MatchString) {
			if object := c.about(log); object != "" {
				return c.text + " (" + clip(object) + ")", c.next, true
			}
			return c.text, c.next, true
		}
	}
	return "", "", false
}

// about is the package or host that the log names, "" where it names none.
func (c cause) about(log []string) string {
	if c.object == nil {
		return ""
	}
	for _, line := range log {
		if m := c.object.FindStringSubmatch(line); m != nil {
			return strings.Join(m[1:], "") // all groups but one are empty
		}
	}
	return ""
}
