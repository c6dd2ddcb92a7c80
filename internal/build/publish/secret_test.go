package publish

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestASecretIsNeverPrinted(t *testing.T) {
	const value = "hunter2"
	s := NewSecret(value)
	c := Credentials{Username: "me", Password: s}
	var logged bytes.Buffer
	slog.New(slog.NewTextHandler(&logged, nil)).Info("push", "password", s)
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{
		fmt.Sprint(s), fmt.Sprintf("%v %+v %#v %s %q", s, c, c, s, s), logged.String(), string(text), newSentSecrets(c).scrub("answer: " + value),
	} {
		if strings.Contains(shown, value) || !strings.Contains(shown, redacted) {
			t.Errorf("want the secret redacted, got %q", shown)
		}
	}
	if s.Reveal() != value {
		t.Error("the one place that needs it does not get it")
	}
}

func TestFromEnvWantsBothHalves(t *testing.T) {
	for name, c := range map[string]struct {
		env  map[string]string
		want string
	}{
		"both":     {map[string]string{EnvUsername: "u", EnvPassword: "p"}, ""},
		"neither":  {nil, ""},
		"no user":  {map[string]string{EnvPassword: "p"}, EnvUsername + " is not set"},
		"no other": {map[string]string{EnvUsername: "u"}, EnvPassword + " is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := FromEnv(func(k string) string { return c.env[k] })
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("want %q, got %v", c.want, err)
			}
		})
	}
}
