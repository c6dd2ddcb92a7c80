package publish

import (
	"net/http"
	"slices"
	"strings"
	"sync"
)

// sentSecrets remembers each secret that went to a registry, wherever it came from: a registry
// that repeats one must not make us print it.
type sentSecrets struct {
	mu      sync.Mutex
	secrets []string
}

func newSentSecrets(c Credentials) *sentSecrets {
	t := &sentSecrets{}
	t.add(c.Password.Reveal())
	return t
}

func (t *sentSecrets) add(secrets ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range secrets {
		if s != "" && !slices.Contains(t.secrets, s) {
			t.secrets = append(t.secrets, s)
		}
	}
}

// scrub takes the secrets out of a text of others, as a registry's answer is one. The
// longest go first: one may hold another.
func (t *sentSecrets) scrub(text string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.SortFunc(t.secrets, func(a, b string) int { return len(b) - len(a) })
	for _, s := range t.secrets {
		text = strings.ReplaceAll(text, s, redacted)
	}
	return text
}

// listen notes the secrets in the headers of requests.
func (t *sentSecrets) listen(inner http.RoundTripper) http.RoundTripper {
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		if _, value, ok := strings.Cut(req.Header.Get("Authorization"), " "); ok {
			t.add(value)
		}
		if _, password, ok := req.BasicAuth(); ok {
			t.add(password)
		}
		return inner.RoundTrip(req)
	})
}

// roundTrip is a function that is a http.RoundTripper.
type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
