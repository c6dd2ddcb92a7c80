package engine

import (
	"errors"
	"strings"
	"testing"
)

func TestFindTakesTheNamedEngineAndNoOther(t *testing.T) {
	named := serve(t, "1.41")
	e, err := Find(t.Context(), func(key string) string { return map[string]string{"DOCKER_HOST": named.Host}[key] })
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if e.Host != named.Host || e.Env()[0] != "DOCKER_HOST="+named.Host {
		t.Errorf("want engine %s, got %s with environment %q", named.Host, e.Host, e.Env())
	}
	gone := func(key string) string { return map[string]string{"DOCKER_HOST": "unix:///nonexistent/s"}[key] }
	if _, err := Find(t.Context(), gone); !errors.Is(err, ErrNone) {
		t.Errorf("want an error for a named engine that is not there, got %v", err)
	}
}

func TestTheFirstUsableEngineOfSeveralIsTaken(t *testing.T) {
	none, old, good := Endpoint{Host: "unix:///nonexistent/s", Source: "test"}, serve(t, "1.40"), serve(t, "1.41")
	for name, c := range map[string]struct {
		at   []Endpoint
		want string
		fail string
	}{
		"nothing at the first address":           {[]Endpoint{none, good}, good.Host, ""},
		"an old engine at the first address":     {[]Endpoint{old, good}, good.Host, ""},
		"nothing at any":                         {[]Endpoint{none, none}, "", "there is no such socket"},
		"only an old one, which is worth a word": {[]Endpoint{none, old}, "", `speaks Engine API "1.40"`},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := connectFirst(t.Context(), c.at)
			if c.fail != "" {
				if err == nil || !strings.Contains(err.Error(), c.fail) {
					t.Errorf("want an error with %q, got %v", c.fail, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			if e.Host != c.want {
				t.Errorf("want engine %s, got %s", c.want, e.Host)
			}
		})
	}
}
