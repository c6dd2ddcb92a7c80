package publish

import (
	"net/url"
	"strings"
)

// SourceOf is the address of a git remote as a label may show it: without user and
// password, and nothing for a folder of this machine.
func SourceOf(remote string) string {
	if host, path, ok := strings.Cut(remote, ":"); ok && !strings.Contains(host, "/") && !strings.HasPrefix(path, "//") {
		return "https://" + host[strings.Index(host, "@")+1:] + "/" + strings.TrimSuffix(path, ".git")
	}
	u, err := url.Parse(remote)
	if err != nil || u.Host == "" {
		return ""
	}
	return "https://" + u.Hostname() + strings.TrimSuffix(u.Path, ".git")
}
