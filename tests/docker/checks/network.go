package checks

import (
	"context"
	"regexp"
	"strings"
	"time"

	"caduceus/tests/docker/harness"
)

// apiKey is as long as the agent wants keys to be.
const apiKey = "0123456789abcdef0123456789abcdef"

// networkChecks are about the API server on port 8642.
// contract: NET-01 NET-02 NET-03 SETUP-34 RCP-03
func networkChecks() []Check {
	env := func(pairs ...string) map[string]string {
		m := map[string]string{"API_SERVER_HOST": "0.0.0.0"}
		for _, p := range pairs {
			k, v, _ := strings.Cut(p, "=")
			m[k] = v
		}
		return m
	}
	return append(scripts(supervised(), []scripted{
		{clause: "NET-02", name: "nothing listens on 8642 by itself", script: `ss -ltn | grep -q ':8642 '`, code: 1},
	}),
		Check{
			Name: "the API server answers when enabled with a key", Clauses: []string{"NET-01", "RCP-03"},
			Doc: "asks /health and /v1/models from another container",
			Run: func(ctx context.Context, s *harness.Subject) error {
				return apiServer(ctx, s, env("API_SERVER_ENABLED=true", "API_SERVER_KEY="+apiKey))
			},
		},
		Check{
			Name: "an enabled API server without a key gets one in .env", Clauses: []string{"SETUP-34"},
			Doc: "boots with API_SERVER_ENABLED=1 alone and looks into .env",
			Run: func(ctx context.Context, s *harness.Subject) error {
				c, err := startIdle(ctx, s, harness.Spec{Env: env("API_SERVER_ENABLED=1")})
				if err != nil {
					return err
				}
				return expectSh(ctx, c, "SETUP-34", `grep -Exq 'API_SERVER_KEY=[0-9a-f]{64}' /opt/data/.env && test "$(stat -c '%U %a' /opt/data/.env)" = 'hermes 600'`)
			},
		},
		Check{
			Name: "a key alone opens no API server", Clauses: []string{"NET-02"},
			Doc: "gateway run with API_SERVER_KEY but without API_SERVER_ENABLED",
			Run: func(ctx context.Context, s *harness.Subject) error {
				return apiClosed(ctx, s, "NET-02", "", env("API_SERVER_KEY="+apiKey))
			},
		},
		Check{
			Name: "a key in .env alone opens the API server on loopback only", Clauses: []string{"NET-02"},
			Doc: "gateway run with API_SERVER_KEY in .env and no variable of the API server in the environment", Run: apiKeyInFile,
		},
		Check{
			Name: "a key too short opens no API server and is named", Clauses: []string{"NET-03"},
			Doc: "gateway run with an API_SERVER_KEY of 8 characters",
			Run: func(ctx context.Context, s *harness.Subject) error {
				return apiClosed(ctx, s, "NET-03", `API_SERVER_KEY.*\b16\b`, env("API_SERVER_ENABLED=true", "API_SERVER_KEY=12345678"))
			},
		})
}

func apiServer(ctx context.Context, s *harness.Subject, env map[string]string) error {
	c, err := startGateway(ctx, s, harness.Spec{Env: env})
	if err != nil {
		return err
	}
	got, err := c.Inspect(ctx)
	if err != nil {
		return err
	}
	if len(got.NetworkSettings.Networks) == 0 {
		return violates("NET-01", "the container has no network")
	}
	var address string
	for _, n := range got.NetworkSettings.Networks {
		address = n.IPAddress.String()
	}
	client, err := startIdle(ctx, s, harness.Spec{})
	if err != nil {
		return err
	}
	_, err = client.WaitSh(ctx, "answer of the API server", `curl -fsS --max-time 3 http://`+address+`:8642/health`, 30*time.Second)
	if err != nil {
		return broken("NET-01", err)
	}
	res, err := client.Sh(ctx, `u=http://`+address+`:8642/v1/models; curl -s -o /dev/null -w '%{http_code} ' $u; curl -fsS -H 'Authorization: Bearer `+apiKey+`' $u`)
	if err == nil && (!strings.HasPrefix(res.Stdout, "401 ") || !strings.Contains(res.Stdout, `"object"`)) {
		err = violates("NET-01", "want 401 without the key and models with it, got %s", res)
	}
	return err
}

func apiClosed(ctx context.Context, s *harness.Subject, clause, says string, env map[string]string) error {
	c, err := startGateway(ctx, s, harness.Spec{Env: env})
	if err != nil {
		return err
	}
	res, err := c.Sh(ctx, `ss -ltn`)
	if err != nil {
		return err
	}
	if strings.Contains(res.Stdout, ":8642 ") {
		return violates(clause, "want port 8642 closed, got %s", res)
	}
	line := regexp.MustCompile(says)
	return broken(clause, harness.Poll(ctx, "line like "+says+" on stderr", verbLimit, func(ctx context.Context) (string, bool, error) {
		_, stderr, err := c.Logs(ctx)
		return stderr, line.MatchString(stderr), err
	}))
}

// apiKeyInFile is what the agent does by itself: the key counts as a yes.
func apiKeyInFile(ctx context.Context, s *harness.Subject) error {
	c, err := startGateway(ctx, s, harness.Spec{Files: []harness.File{
		(harness.File{Path: "/opt/data/.env", Content: "API_SERVER_KEY=" + apiKey + "\n"}).Hermes(),
	}})
	if err != nil {
		return err
	}
	_, err = c.WaitSh(ctx, "API server on loopback alone", `ss -ltnH | tee /dev/stderr | awk '$4 ~ /:8642$/ {print $4}' | grep -qx 127.0.0.1:8642`, verbLimit)
	return broken("NET-02", err)
}
