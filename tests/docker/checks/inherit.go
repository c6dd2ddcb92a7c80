package checks

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"caduceus/tests/docker/harness"
)

// InheritCheck is about two profiles in one container.
const InheritCheck = "a named profile's .env wins, and it inherits no port and no bot"

// PlatformsCheck is about all platforms of the agent.
const PlatformsCheck = "no platform of the agent's is on in a profile that has none of its own"

// inheritChecks look at what the agent of a profile sees of the container's variables.
// contract: INH-01 INH-02 INH-03 SETUP-34
func inheritChecks() []Check {
	return []Check{
		{
			Name: InheritCheck, Clauses: []string{"INH-01", "INH-02", "INH-03", "GW-09"},
			Doc: "two profiles beside the default one in a container with a bot, a port and keys: what each agent sees, and what is said about it", Run: inheritance,
		},
		{
			Name: "two profiles have a port each, with the container's key", Clauses: []string{"INH-02"},
			Doc: "asks both API servers for their health", Run: twoPorts,
		},
		{
			Name: "the profile that CMD names is the container's own", Clauses: []string{"INH-01", "INH-02", "SETUP-34"},
			Doc: "boots with -p coder gateway run, and looks at both profiles", Run: ownOfCommand,
		},
		{
			Name: "a sticky profile is the container's own where CMD means it", Clauses: []string{"INH-01"},
			Doc: "boots with active_profile, with a CMD of hermes and with another one", Run: sticky,
		},
		{
			Name: PlatformsCheck, Clauses: []string{"INH-02"},
			Doc: "sets every variable that the source of the agent's platforms names, and loads the configuration of two profiles", Run: everyPlatform,
		},
		{
			Name: "the list of what belongs to one gateway knows the agent's platforms", Clauses: []string{"INH-02"},
			Doc: "compares it with what platforms require, and with their variables for ports and secrets", Run: platformsListed,
		},
	}
}

//go:embed testdata/seen.py
var seenProgram string

// seen is what the agent of a profile finds.
type seen struct {
	On  []string          // platforms
	Env map[string]string // of the names that were asked for
}

// look starts the agent's modules as the profile and asks for variables.
func look(ctx context.Context, c *harness.Container, profile string, environ []string, names ...string) (seen, error) {
	res, err := c.Exec(ctx, harness.Exec{
		Cmd:   append([]string{"/opt/hermes/.venv/bin/python", "-", "-p", profile}, names...),
		Stdin: seenProgram, Env: environ,
	})
	if err != nil {
		return seen{}, err
	}
	_, line, found := strings.Cut(res.Stdout, "SEEN ")
	var s seen
	if err := json.Unmarshal([]byte(line), &s); !found || err != nil {
		return seen{}, fmt.Errorf("cannot ask the agent of %s: %s", profile, res)
	}
	return s, nil
}

// sees compares what the agent of a profile finds of variables; "" is one that is not set.
func sees(ctx context.Context, c *harness.Container, clause, profile string, environ []string, want map[string]string) error {
	names := make([]string, 0, len(want))
	for name := range want {
		names = append(names, name)
	}
	s, err := look(ctx, c, profile, environ, names...)
	for name, value := range want {
		if err == nil && s.Env[name] != value {
			err = violates(clause, "profile %s: want %s=%q, the agent finds %v", profile, name, value, s)
		}
	}
	return err
}

const (
	botOfContainer = "111:container"
	botOfCoder     = "222:coder"
)

// bots is a container's environment that only one gateway can have.
func bots() map[string]string {
	return map[string]string{
		"API_SERVER_ENABLED": "true", "API_SERVER_KEY": apiKey, "TELEGRAM_BOT_TOKEN": botOfContainer,
		"OPENAI_API_KEY": "sk-container", "TELEGRAM_ALLOWED_USERS": "42",
	}
}

// profileFiles are those of a profile that is there before the boot.
func profileFiles(name, dotenv string) []harness.File {
	dir := "/opt/data/profiles/" + name
	return []harness.File{
		harness.File{Path: "/opt/data/profiles", Dir: true}.Hermes(),
		harness.File{Path: dir, Dir: true}.Hermes(),
		harness.File{Path: dir + "/SOUL.md", Content: "probe\n"}.Hermes(),
		harness.File{Path: dir + "/.env", Content: dotenv, Mode: 0o600}.Hermes(),
	}
}

func inheritance(ctx context.Context, s *harness.Subject) error {
	files := slices.Concat(
		profileFiles("coder", "API_SERVER_ENABLED=false\nTELEGRAM_BOT_TOKEN="+botOfCoder+"\nOPENAI_API_KEY=sk-coder\n"),
		profileFiles("bare", "TELEGRAM_ALLOWED_USERS=\n"),
	)
	c, err := s.Start(ctx, harness.Spec{Cmd: []string{"gateway", "run"}, Env: bots(), Files: files, Host: noNetwork})
	if err != nil {
		return err
	}
	if err := recordedRunning(ctx, c, "/opt/data"); err != nil {
		return err
	}
	command := []string{"TELEGRAM_BOT_TOKEN=333:command"}
	if err := errors.Join(
		sees(ctx, c, "INH-01", "default", nil, map[string]string{"API_SERVER_ENABLED": "true", "TELEGRAM_BOT_TOKEN": botOfContainer, "OPENAI_API_KEY": "sk-container"}),
		sees(ctx, c, "INH-02", "coder", nil, map[string]string{"API_SERVER_ENABLED": "false", "TELEGRAM_BOT_TOKEN": botOfCoder, "OPENAI_API_KEY": "sk-coder", "TELEGRAM_ALLOWED_USERS": "42"}),
		sees(ctx, c, "INH-02", "bare", nil, map[string]string{"API_SERVER_ENABLED": "", "API_SERVER_KEY": "", "TELEGRAM_BOT_TOKEN": "", "OPENAI_API_KEY": "sk-container", "TELEGRAM_ALLOWED_USERS": ""}),
		sees(ctx, c, "INH-02", "bare", command, map[string]string{"TELEGRAM_BOT_TOKEN": "333:command", "API_SERVER_ENABLED": ""}),
		sees(ctx, c, "INH-02", "coder", command, map[string]string{"TELEGRAM_BOT_TOKEN": "333:command", "OPENAI_API_KEY": "sk-coder"}),
	); err != nil {
		return err
	}
	if err := quiet(ctx, c, "-p", "coder", "gateway", "start"); err != nil { // its .env sets all of it
		return err
	}
	if err := withheldIsSaid(ctx, c); err != nil {
		return err
	}
	if err := recordedRunning(ctx, c, "/opt/data/profiles/coder"); err != nil {
		return err
	}
	// The gateway itself, not only a program beside it: nothing of the container's bot is in its environment.
	if err := expectSh(ctx, c, "INH-02", `for p in coder bare; do pid=$(pgrep -f "python.*hermes -p $p gateway run") &&
! tr '\0' '\n' </proc/$pid/environ | grep -e ^API_SERVER_ENABLED= -e ^TELEGRAM_BOT_TOKEN= || exit 1; done`); err != nil {
		return err
	}
	if err := c.Restart(ctx); err != nil {
		return err
	}
	if err := c.WaitLog(ctx, "reconcile: profile bare: it does not inherit API_SERVER_ENABLED and TELEGRAM_BOT_TOKEN", bootLimit); err != nil {
		return broken("INH-03", err)
	}
	logs, err := c.AllLogs(ctx)
	for _, secret := range []string{botOfContainer, apiKey, "sk-container", "profile coder: it does not inherit"} {
		if err == nil && strings.Contains(logs, secret) {
			err = violates("INH-03", "%q is in the logs", secret)
		}
	}
	return err
}

// withheldIsSaid starts the gateway of profile bare, and asks the doctor.
func withheldIsSaid(ctx context.Context, c *harness.Container) error {
	const line = "profile bare: it does not inherit API_SERVER_ENABLED and TELEGRAM_BOT_TOKEN"
	for _, verb := range []string{"start", "restart"} {
		res, err := c.Hermes(ctx, "-p", "bare", "gateway", verb)
		if err != nil {
			return err
		}
		if res.Code != 0 || res.Stdout != "" || strings.Count(res.Stderr, "\n") != 1 || !strings.Contains(res.Stderr, line) ||
			!strings.Contains(res.Stderr, "/opt/data/profiles/bare/.env") || strings.Contains(res.Stderr, botOfContainer) {
			return violates("INH-03", "want one line on stderr with %q and the file, got %s", line, res)
		}
	}
	res, err := c.Hermes(ctx, "container", "doctor", "--json")
	if err != nil {
		return err
	}
	var report struct {
		Findings, Notes []struct{ Object, Cause, Fix string }
	}
	var said []string
	if err := json.Unmarshal([]byte(res.Stdout), &report); err != nil {
		return violates("INH-03", "%s: %v", res, err)
	}
	for _, n := range report.Notes {
		if strings.Contains(n.Cause, "does not inherit") {
			said = append(said, n.Object+": "+n.Cause+": "+n.Fix)
		}
	}
	if len(said) != 1 || !strings.HasPrefix(said[0], line) || !strings.HasSuffix(said[0], "/opt/data/profiles/bare/.env") ||
		strings.Contains(res.Stdout, botOfContainer) {
		return violates("INH-03", "want one note on profile bare, got %s", res)
	}
	if (res.Code == 0) != (len(report.Findings) == 0) {
		return violates("INH-03", "want the exit code to go by the findings alone, got %s", res)
	}
	res, err = c.Hermes(ctx, "container", "doctor")
	if err == nil && !strings.Contains(res.Stdout, "→ "+line) {
		err = violates("INH-03", "want the note in the text, too, got %s", res)
	}
	return err
}

func twoPorts(ctx context.Context, s *harness.Subject) error {
	c, err := s.Start(ctx, harness.Spec{
		Cmd: []string{"gateway", "run"}, Host: noNetwork,
		Env:   map[string]string{"API_SERVER_ENABLED": "true", "API_SERVER_KEY": apiKey},
		Files: profileFiles("coder", "API_SERVER_ENABLED=true\nAPI_SERVER_PORT=8643\n"),
	})
	if err != nil {
		return err
	}
	if err := recordedRunning(ctx, c, "/opt/data"); err != nil {
		return err
	}
	if _, err := c.Hermes(ctx, "-p", "coder", "gateway", "start"); err != nil {
		return err
	}
	for _, port := range []string{"8642", "8643"} {
		ask := `curl -fsS -H "Authorization: Bearer ` + apiKey + `" http://127.0.0.1:` + port + `/v1/models`
		if _, err := c.WaitSh(ctx, "API server on port "+port, ask, gatewayLimit); err != nil {
			return broken("INH-02", err)
		}
	}
	return nil
}

func ownOfCommand(ctx context.Context, s *harness.Subject) error {
	environ := bots()
	delete(environ, "API_SERVER_KEY")
	c, err := s.Start(ctx, harness.Spec{
		Cmd: []string{"-p", "coder", "gateway", "run"}, Env: environ, Host: noNetwork,
		Files: append(profileFiles("coder", "TELEGRAM_BOT_TOKEN="+botOfCoder+"\n"),
			harness.File{Path: "/opt/data/.env", Content: "OPENAI_API_KEY=sk-file\n", Mode: 0o600}.Hermes()),
	})
	if err != nil {
		return err
	}
	if err := recordedRunning(ctx, c, "/opt/data/profiles/coder"); err != nil {
		return err
	}
	return errors.Join(
		expectSh(ctx, c, "INH-01", `test "$(cat /run/s6/own-profile)" = /opt/data/profiles/coder && test "$(stat -c %u:%a /run/s6/own-profile)" = "$(stat -c %u /run/s6):644"`),
		sees(ctx, c, "INH-01", "coder", nil, map[string]string{"API_SERVER_ENABLED": "true", "TELEGRAM_BOT_TOKEN": botOfContainer}),
		sees(ctx, c, "INH-02", "default", nil, map[string]string{"API_SERVER_ENABLED": "", "TELEGRAM_BOT_TOKEN": "", "OPENAI_API_KEY": "sk-container"}),
		expectSh(ctx, c, "SETUP-34", `grep -Eq '^API_SERVER_KEY=[0-9a-f]{64}$' /opt/data/profiles/coder/.env && ! grep -q ^API_SERVER_KEY= /opt/data/.env`),
		expectSh(ctx, c, "INH-03", `hermes gateway start 2>&1 | grep 'profile default: it does not inherit .*that of profile coder' && hermes gateway stop`),
	)
}

func sticky(ctx context.Context, s *harness.Subject) error {
	for _, e := range []struct {
		cmd  []string
		want string
	}{
		{[]string{"gateway", "run"}, "/opt/data/profiles/coder"},
		{[]string{"sleep", "infinity"}, "/opt/data"},
		{[]string{"sh", "-c", "exec sleep infinity", "-p", "coder"}, "/opt/data"},
		{[]string{"-p", "default", "gateway", "run"}, "/opt/data"},
		{[]string{"/opt/hermes/bin/hermes", "--profile=coder", "gateway", "run"}, "/opt/data/profiles/coder"},
	} {
		c, err := s.Start(ctx, harness.Spec{
			Cmd: e.cmd, Host: noNetwork,
			Files: append(profileFiles("coder", ""), harness.File{Path: "/opt/data/active_profile", Content: "coder\n"}.Hermes()),
		})
		if err != nil {
			return err
		}
		_, err = c.WaitSh(ctx, "own profile "+e.want+" of "+strings.Join(e.cmd, " "),
			`test "$(cat /run/s6/own-profile)" = `+e.want, bootLimit)
		if err := errors.Join(broken("INH-01", err), c.Remove(ctx)); err != nil {
			return err
		}
	}
	return nil
}

//go:embed testdata/platforms.py
var platformsProgram string

// platforms asks the agent's source about its platforms.
func platforms(ctx context.Context, c *harness.Container, question string) ([]string, error) {
	res, err := c.Exec(ctx, harness.Exec{Cmd: []string{"/opt/hermes/.venv/bin/python", "-", question}, Stdin: platformsProgram})
	if err != nil {
		return nil, err
	}
	if res.Code != 0 {
		return nil, fmt.Errorf("cannot ask about platforms: %s", res)
	}
	return strings.Fields(res.Stdout), nil
}

func everyPlatform(ctx context.Context, s *harness.Subject) error {
	asked, err := s.Shared(ctx, idle())
	if err != nil {
		return err
	}
	values, err := platforms(ctx, asked, "values")
	if err != nil {
		return err
	}
	environ := map[string]string{}
	for _, entry := range values {
		name, value, _ := strings.Cut(entry, "=")
		environ[name] = value
	}
	c, err := startIdle(ctx, s, harness.Spec{Env: environ, Host: noNetwork, Files: profileFiles("coder", "")})
	if err != nil {
		return err
	}
	own, err := look(ctx, c, "default", nil)
	if err != nil {
		return err
	}
	other, err := look(ctx, c, "coder", nil)
	switch {
	case err != nil:
		return err
	case len(own.On) < 20 || len(values) < 300:
		return violates("INH-02", "want most platforms on in the container's own profile, with %d variables; on are %v", len(values), own.On)
	case len(other.On) > 0:
		return violates("INH-02", "these platforms are on in another profile: %v", other.On)
	}
	return nil
}

// shared are variables of platforms that several gateways can have, though they look like a port, a secret or a
// requirement, and why.
func shared() map[string]string {
	const (
		server = "the address or the port of a server, which has many users"
		client = "what clients of the port show; the port itself is not inherited"
		tool   = "a key of a service that many may use"
	)
	return map[string]string{
		"EMAIL_IMAP_PORT": server, "EMAIL_SMTP_HOST": server, "EMAIL_SMTP_PORT": server, "IRC_PORT": server, "IRC_SERVER": server,
		"IRC_SERVER_PASSWORD": server, "MATRIX_HOMESERVER": server, "MATTERMOST_URL": server, "NTFY_TOKEN": server,
		"TEAMS_TENANT_ID": "the id of an organisation, which has many bots",
		"API_SERVER_KEY":  client, "WEBHOOK_SECRET": client, "GATEWAY_PROXY_KEY": tool, "QQ_STT_API_KEY": tool, "TEAMS_GRAPH_ACCESS_TOKEN": tool,
		"GATEWAY_RELAY_IDP_CLIENT_ID": tool, "GATEWAY_RELAY_IDP_CLIENT_SECRET": tool,
	}
}

func platformsListed(ctx context.Context, s *harness.Subject) error {
	c, err := s.Shared(ctx, idle())
	if err != nil {
		return err
	}
	res, err := c.Sh(ctx, `grep -v '^#' /opt/hermes/libexec/one-gateway`)
	if err != nil {
		return err
	}
	listed := strings.Fields(res.Stdout)
	known, err := platforms(ctx, c, "names")
	if err != nil {
		return err
	}
	suspect, err := platforms(ctx, c, "suspects")
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range suspect {
		if shared()[name] == "" && !slices.Contains(listed, name) {
			errs = append(errs, violates("INH-02", "%s is neither in the list nor known as shared", name))
		}
	}
	for _, name := range listed {
		if !slices.Contains(known, name) || shared()[name] != "" {
			errs = append(errs, violates("INH-02", "%s is in the list, but no variable of a platform, or shared", name))
		}
	}
	if len(suspect) < 60 || len(listed) < 60 {
		errs = append(errs, violates("INH-02", "too little was seen: %d suspects, %d in the list", len(suspect), len(listed)))
	}
	return errors.Join(errs...)
}
