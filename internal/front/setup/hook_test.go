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
def load_env(): return dict(l.split("=", 1) for l in open(os.environ["FILE"]).read().split())
def get_env_value_prefer_dotenv(key): return load_env().get(key) or os.environ.get(key)
def reload_env():
    os.environ.update(load_env())
    for key in ("GIVEN", "ONLY_GIVEN"):
        if key not in load_env(): os.environ.pop(key, None)
    return 1
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
			env := append([]string{"PYTHONPATH=" + dir, "FILE=" + filepath.Join(dir, ".env"), "PRELUDE=" + hookPrelude}, test.env...)
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
