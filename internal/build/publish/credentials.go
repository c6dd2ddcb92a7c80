package publish

import (
	"github.com/google/go-containerregistry/pkg/authn"

	"caduceus/internal/host"
)

// The environment variables with the credentials of the registry. They take precedence over the user's Docker
// configuration.
const (
	EnvUsername = "CADUCEUS_REGISTRY_USERNAME"
	EnvPassword = "CADUCEUS_REGISTRY_PASSWORD"
)

// Credentials say who pushes. With the zero value it is whom the user's Docker configuration names, if anybody.
type Credentials struct {
	Username string
	Password Secret
}

// FromEnv takes the credentials of the environment; half of them is an error.
func FromEnv(getenv func(string) string) (Credentials, error) {
	c := Credentials{Username: getenv(EnvUsername), Password: NewSecret(getenv(EnvPassword))}
	return c, c.check()
}

func (c Credentials) check() error {
	missing, set := EnvPassword, EnvUsername
	switch {
	case (c.Username == "") == c.Password.Empty():
		return nil
	case c.Username == "":
		missing, set = set, missing
	}
	return &host.Problem{
		What: "cannot use the registry's credentials", Cause: missing + " is not set, but " + set + " is",
		Next: "set both, or none to take those of \"docker login\"",
	}
}

func (c Credentials) keychain() authn.Keychain {
	if c.Username == "" {
		return authn.DefaultKeychain
	}
	return fixed{authn.FromConfig(authn.AuthConfig{Username: c.Username, Password: c.Password.Reveal()})}
}

// fixed answers every question with the same credentials: one push talks to one registry.
type fixed struct{ authn.Authenticator }

// Resolve implements authn.Keychain.
func (f fixed) Resolve(authn.Resource) (authn.Authenticator, error) { return f.Authenticator, nil }
