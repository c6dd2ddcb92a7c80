package setup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caduceus/internal/clause"
)

// dotenvReaders returns Python modules like those of the agent that read .env: in each, .env wins.
func dotenvReaders() map[string]string {
	return map[string]string{
		"dotenv/__init__.py": "from dotenv.main import load_dotenv\n",
		"dotenv/main.py": `
import os
class DotEnv:
    def __init__(self, path): self.dotenv_path, self._dict = path, None
    def dict(self):
        if not self._dict:
            self._dict = dict(l.split("=", 1) for l in open(self.dotenv_path).read().split())
        return self._dict
    def set_as_environment_variables(self):
        os.environ.update(self.dict())
        return True
def load_dotenv(path): return DotEnv(path).set_as_environment_variables()
`,
		"hermes_cli/__init__.py": "",
		"hermes_cli/config.py": `
import os
from hermes_constants import get_hermes_home
def load_env(): return dict(l.split("=", 1) for l in open(os.path.join(get_hermes_home(), ".env")).read().split())
def get_env_value(key): return os.environ[key] if key in os.environ else load_env().get(key)
def get_env_value_prefer_dotenv(key): return load_env().get(key) or os.environ.get(key)
def reload_env():
    os.environ.update(load_env())
    for key in ("GIVEN", "ONLY_GIVEN"):
        if key not in load_env(): os.environ.pop(key, None)
    return 1
`,
		"hermes_cli/env_loader.py": `
import os
from dotenv import load_dotenv
def load_hermes_dotenv(home=None): load_dotenv(os.path.join(home or os.environ["HERMES_HOME"], ".env"))
`,
		"hermes_constants.py": `
import os
served = []
def get_hermes_home(): return served[-1] if served else os.environ["HERMES_HOME"]
`,
		"hermes_cli/managed_scope.py": `
import os, pathlib
def get_managed_dir(): return pathlib.Path(os.environ["MANAGED"]) if "MANAGED" in os.environ else None
`,
		"hermes_cli/service_manager.py": `
def _s6_running(): return False
def detect(): return "s6" if _s6_running() else "none"
`,
		"agent/__init__.py":        "",
		"agent/credential_pool.py": "from hermes_cli.config import load_env\ndef token(key): return load_env().get(key)\n",
		"agent/secret_scope.py": `
def load_env_file(path): return dict(l.split("=", 1) for l in open(path).read().split())
def build_profile_secret_scope(path): return load_env_file(path)
`,
	}
}

type hookCase struct {
	env    []string
	dotenv string
	image  string // environment that the image sets
	code   string
	want   string
}

func hookCases() map[string]hookCase {
	return map[string]hookCase{
		"loading":                       {[]string{"GIVEN=e"}, "GIVEN=f OTHER=f", "", `load(); show("GIVEN", "OTHER")`, "e f"},
		"nothing else to load":          {[]string{"GIVEN=e"}, "GIVEN=f", "", `load(); show("GIVEN")`, "e"},
		"loading again":                 {[]string{"GIVEN=e"}, "GIVEN=f OTHER=f", "", `load(); load(); show("GIVEN")`, "e"},
		"a value that is new in .env":   {[]string{"GIVEN=e"}, "OTHER=1", "", `load(); write("OTHER=2"); load(); show("OTHER")`, "2"},
		"reloading on request":          {[]string{"GIVEN=e", "ONLY_GIVEN=e"}, "GIVEN=f", "", `config.reload_env(); show("GIVEN", "ONLY_GIVEN")`, "e e"},
		"reading a key":                 {[]string{"GIVEN=e"}, "GIVEN=f OTHER=f", "", `print(config.get_env_value_prefer_dotenv("GIVEN"), config.get_env_value_prefer_dotenv("OTHER"))`, "e f"},
		"the credential pool":           {[]string{"GIVEN=e"}, "GIVEN=f OTHER=f", "", `import agent.credential_pool as p; print(p.token("GIVEN"), p.token("OTHER"))`, "e f"},
		"a profile's secrets":           {[]string{"GIVEN=e"}, "GIVEN=f OTHER=f", "", `import agent.secret_scope as s; d = s.build_profile_secret_scope(FILE); print(d["GIVEN"], d["OTHER"])`, "e f"},
		"the file itself is read as is": {[]string{"GIVEN=e"}, "GIVEN=f", "", `print(config.load_env()["GIVEN"])`, "f"},
		"an empty variable":             {[]string{"GIVEN="}, "GIVEN=f", "", `load(); show("GIVEN"); print(config.get_env_value_prefer_dotenv("GIVEN"))`, "f\nf"},
		"a default of the image":        {[]string{"GIVEN=e"}, "GIVEN=f", "GIVEN=e", `load(); show("GIVEN")`, "f"},
		"another value than the one":    {[]string{"GIVEN=e"}, "GIVEN=f", "GIVEN=x", `load(); show("GIVEN")`, "e"},
		"what the agent changes":        {[]string{"GIVEN=e"}, "GIVEN=f", "", `os.environ["GIVEN"] = "agent"; load(); show("GIVEN")`, "agent"},
		"the machine's administrator": {
			[]string{"GIVEN=e"},
			"GIVEN=f", "",
			`import hermes_cli.managed_scope; os.environ["MANAGED"] = os.path.dirname(FILE); load(); show("GIVEN")`, "f",
		},
		// A child of a process that has loaded .env must not take those values for the container's.
		"a process further down": {
			[]string{"GIVEN=e"},
			"GIVEN=f OTHER=1", "",
			`load(); write("GIVEN=f OTHER=2"); child('load(); show("GIVEN", "OTHER")')`, "e 2",
		},
		"what follows the home is no given variable": {
			[]string{"HERMES_HOME=/data/profiles/x", "SAFE=/data", "LAZY=/data/lazy", "MINE=/data/other"},
			"SAFE=f\nLAZY=f\nMINE=f", "SAFE=/opt/data\nLAZY=/opt/data/lazy\nMINE=/opt/database\n", `load(); show("SAFE", "LAZY", "MINE")`, "f f /data/other",
		},
		"no init":                         {nil, "", "", initPrelude + `print(m.detect())`, "none"},
		"a dead init":                     {nil, "", "", initPrelude + `os.mkfifo(path); print(m.detect())`, "none"},
		"an init not PID 1":               {nil, "", "", initPrelude + `os.mkfifo(path); r = os.open(path, os.O_RDONLY | os.O_NONBLOCK); print(m.detect())`, "s6"},
		"a key alone opens no port":       {[]string{"API_SERVER_KEY=k"}, "OTHER=1", "", `show("API_SERVER_KEY"); load(); show("API_SERVER_KEY")`, "None\nNone"},
		"a key and the switch":            {[]string{"API_SERVER_KEY=k", "API_SERVER_ENABLED= On"}, "", "", `show("API_SERVER_KEY")`, "k"},
		"a key, the switch in .env":       {[]string{"API_SERVER_KEY=k"}, "API_SERVER_ENABLED=true", "", `load(); show("API_SERVER_KEY")`, "k"},
		"a key alone in .env":             {nil, "API_SERVER_KEY=f", "", `load(); show("API_SERVER_KEY"); load(); show("API_SERVER_KEY")`, "f\nf"},
		"a key in both, without a switch": {[]string{"API_SERVER_KEY=k"}, "API_SERVER_KEY=f", "", `load(); load(); show("API_SERVER_KEY")`, "f"},
	}
}

const initPrelude = `
import hermes_cli.service_manager as m
path = container_env.INIT_CONTROL = os.path.join(os.path.dirname(FILE), "control")
`

// Every program of the table starts with this.
const hookPrelude = `
import container_env, os, sys, subprocess
from dotenv import load_dotenv
from hermes_cli import config
FILE = os.environ["FILE"]
def load(): load_dotenv(FILE)
def show(*names): print(*(os.environ.get(n) for n in names))
def write(text): open(FILE, "w").write(text)
def child(code): sys.stdout.flush(); subprocess.run([sys.executable, "-c", os.environ["PRELUDE"] + code], check=True)
`

func TestContainerVariablesWinOverDotenv(t *testing.T) {
	clause.Proves(t, "ENV-05", "ENV-06", "ENV-15", "DASH-14", "RUN-05", "NET-02")
	for name, test := range hookCases() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			hook, err := os.ReadFile(rootfs + "/opt/hermes/libexec/container_env.py")
			if err != nil {
				t.Fatal(err)
			}
			modules := dotenvReaders()
			modules["container_env.py"] = string(hook)
			modules["image.env"] = test.image
			modules[".env"] = test.dotenv
			standIn(t, dir, modules)
			env := append([]string{"PYTHONPATH=" + dir, "FILE=" + filepath.Join(dir, ".env"), "HERMES_HOME=" + dir, "PRELUDE=" + hookPrelude}, test.env...)
			out, err := python(t, env, "-c", hookPrelude+test.code)
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if diff := cmp.Diff(test.want, strings.TrimSpace(out)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An agent with other modules starts all the same, with a warning.
func TestTheHookDoesNotStopAnotherReleaseOfTheAgent(t *testing.T) {
	dir := t.TempDir()
	hook, err := os.ReadFile(rootfs + "/opt/hermes/libexec/container_env.py")
	if err != nil {
		t.Fatal(err)
	}
	standIn(t, dir, map[string]string{"container_env.py": string(hook), "hermes_cli/__init__.py": "", "hermes_cli/config.py": "X = 1\n"})
	out, err := python(t, []string{"PYTHONPATH=" + dir}, "-c", "import container_env, hermes_cli.config as c; print(c.X)")
	if err != nil || !strings.Contains(out, "container_env: hermes_cli.config is not as expected") || !strings.Contains(out, "\n1\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

// profilePrelude makes a container whose own profile is the root's, with a profile coder. start begins a process of the
// agent in one of them.
const profilePrelude = hookPrelude + `
ROOT = os.path.dirname(FILE)
CODER = os.path.join(ROOT, "profiles", "coder")
OWN = os.environ.get("OWN", "")
container_env.OWN_PROFILE = os.path.join(ROOT, "own")
container_env.CONTAINER = os.path.join(ROOT, "container")
open(container_env.OWN_PROFILE, "w").write(os.path.join(ROOT, OWN) + "\n" if OWN != "nobody" else "")
import hermes_constants
from hermes_cli.env_loader import load_hermes_dotenv
def start(home): os.environ["HERMES_HOME"] = home; load_hermes_dotenv()
def coder(text): open(os.path.join(CODER, ".env"), "w").write(text)
`

type inheritCase struct {
	env  []string // beside those of the container: BOT=container PORT=container KEY=container
	root string   // .env of the root
	own  string   // .env of profile coder
	code string
	want string
}

func inheritCases() map[string]inheritCase {
	with := []string{"BOT=container", "PORT=container", "KEY=container"}
	return map[string]inheritCase{
		"the root's profile":                    {with, "BOT=f KEY=f", "", `start(ROOT); show("BOT", "PORT", "KEY")`, "container container container"},
		"another profile inherits a default":    {with, "", "", `start(CODER); show("BOT", "PORT", "KEY")`, "None None container"},
		"another profile's .env wins":           {with, "", "BOT=f KEY=f", `start(CODER); show("BOT", "PORT", "KEY")`, "f None f"},
		"a variable of one command":             {[]string{"BOT=command", "PORT=container", "KEY=command"}, "", "BOT=f KEY=f", `start(CODER); show("BOT", "PORT", "KEY")`, "command None command"},
		"a variable that only one command has":  {append(with, "MORE=command"), "", "MORE=f", `start(CODER); show("MORE")`, "command"},
		"coder is the container's own":          {append(with, "OWN=profiles/coder"), "", "BOT=f KEY=f", `start(CODER); show("BOT", "PORT", "KEY")`, "container container container"},
		"the root beside it":                    {append(with, "OWN=profiles/coder"), "PORT=f KEY=f", "", `start(ROOT); show("BOT", "PORT", "KEY")`, "None f container"},
		"nobody knows whose the container is":   {append(with, "OWN=nobody"), "", "BOT=f", `start(CODER); show("BOT", "PORT", "KEY")`, "container container container"},
		"a home of another volume":              {with, "", "", `home = os.path.join(ROOT, "else", "where"); os.makedirs(home); open(home + "/.env", "w").write("BOT=f"); start(home); show("BOT")`, "container"},
		"loading again keeps what .env says":    {with, "", "BOT=f", `start(CODER); start(CODER); show("BOT", "PORT")`, "f None"},
		"reloading brings a default back":       {with, "", "KEY=f BOT=f", `start(CODER); coder("BOT=g"); del os.environ["KEY"]; config.reload_env(); show("BOT", "PORT", "KEY")`, "g None container"},
		"a key in .env is preferred":            {with, "", "KEY=f", `start(CODER); print(config.get_env_value_prefer_dotenv("KEY"))`, "f"},
		"a child of the profile":                {with, "", "BOT=f KEY=f", `start(CODER); coder("BOT=g KEY=g"); child('start(CODER); show("BOT", "PORT", "KEY")')`, "g None g"},
		"a child for the root":                  {with, "BOT=r KEY=r", "BOT=f KEY=f", `start(CODER); child('start(ROOT); show("BOT", "KEY")')`, "container container"},
		"a child of the root for the profile":   {with, "", "KEY=f", `start(ROOT); child('start(CODER); show("BOT", "PORT", "KEY")')`, "None None f"},
		"one gateway that serves both: secrets": {with, "BOT=r", "KEY=f", `start(ROOT); import agent.secret_scope as s; d = s.build_profile_secret_scope(os.path.join(CODER, ".env")); print(d.get("BOT"), d["KEY"]); e = s.build_profile_secret_scope(FILE); print(e["BOT"], e["KEY"])`, "None f\ncontainer container"},
		"one gateway that serves both: values":  {with, "", "KEY=f", `start(ROOT); hermes_constants.served.append(CODER); print(config.get_env_value("BOT"), config.get_env_value("KEY"))`, "None container"},
		"it loads the other's .env":             {with, "", "BOT=f KEY=f", `start(ROOT); load_hermes_dotenv(CODER); show("BOT", "KEY")`, "container container"},
		"a key opens no port of another":        {append(with, "API_SERVER_KEY=k", "API_SERVER_ENABLED=1"), "", "", `start(CODER); show("API_SERVER_KEY", "API_SERVER_ENABLED")`, "None None"},
		"a port of its own, with that key":      {append(with, "API_SERVER_KEY=k", "API_SERVER_ENABLED=1"), "", "API_SERVER_ENABLED=1", `start(CODER); show("API_SERVER_KEY")`, "k"},
		"a port and a key of its own":           {append(with, "API_SERVER_KEY=k", "API_SERVER_ENABLED=1"), "", "API_SERVER_ENABLED=1 API_SERVER_KEY=f", `start(CODER); show("API_SERVER_KEY")`, "f"},
	}
}

func TestANamedProfileInheritsDefaultsAndNoIdentity(t *testing.T) {
	clause.Proves(t, "ENV-05", "INH-01", "INH-02")
	hook, err := os.ReadFile(rootfs + "/opt/hermes/libexec/container_env.py")
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range inheritCases() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			modules := dotenvReaders()
			modules["container_env.py"] = string(hook)
			modules["one-gateway"] = "# comment\nBOT PORT\nAPI_SERVER_ENABLED\n"
			modules[".env"], modules["profiles/coder/.env"] = test.root, test.own
			for _, name := range []string{"BOT", "PORT", "KEY"} {
				modules["container/"+name] = "container\n"
			}
			modules["container/API_SERVER_KEY"], modules["container/API_SERVER_ENABLED"] = "k\n", "1\n"
			standIn(t, dir, modules)
			env := append([]string{"PYTHONPATH=" + dir, "FILE=" + filepath.Join(dir, ".env"), "HERMES_HOME=" + dir, "PRELUDE=" + profilePrelude}, test.env...)
			out, err := python(t, env, "-c", profilePrelude+test.code)
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if diff := cmp.Diff(test.want, strings.TrimSpace(out)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
