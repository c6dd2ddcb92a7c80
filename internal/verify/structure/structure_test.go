package structure

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"caduceus/internal/verify/probe"
)

// fake is an image of the tests.
type fake struct {
	config  Config
	files   map[string]probe.File
	content map[string]string
	results []Result
	ran     [][]string
	env     map[string]string
}

func (f *fake) Config() Config { return f.config }

func (f *fake) Run(_ context.Context, _ RunOptions, env map[string]string, commands ...[]string) ([]Result, error) {
	f.ran, f.env = commands, env
	if f.results == nil {
		return nil, errors.New("the engine went away")
	}
	return f.results, nil
}

func (f *fake) File(_ context.Context, path string) (probe.File, error) {
	if file, found := f.files[path]; found {
		return file, nil
	}
	return probe.File{Path: path, Error: "no such file or directory"}, nil
}

func (f *fake) Content(_ context.Context, path string) ([]byte, error) {
	return []byte(f.content[path]), nil
}

func image() *fake {
	return &fake{
		config: Config{
			Env: map[string]string{"HOME": "/opt/data", "PATH": "/bin"}, Labels: map[string]string{"a": "b"}, Ports: []string{"8642/tcp"},
			Entrypoint: []string{"/init"}, Workdir: "/opt/hermes", Volumes: []string{"/opt/data"}, User: "",
		},
		files: map[string]probe.File{
			"/etc/passwd": {Type: "file", Mode: 0o644},
			"/opt/data":   {Type: "directory", Mode: 0o1755, UID: 10000, GID: 10000},
			"/bin/su":     {Type: "file", Mode: 0o4755},
			"/bin/sh":     {Type: "link", Mode: 0o777},
			"/opt/x":      {Type: "file", Mode: 0o010},
		},
		content: map[string]string{"/etc/passwd": "root:x:0:0\nhermes:x:10000:10000\n"},
		results: []Result{{Code: 0, Stdout: "Python 3.13.5\n", Stderr: "warning\n"}},
	}
}

// TestEachFeatureHasAFileThatHoldsAndOneThatDoesNot pairs them.
func TestEachFeatureHasAFileThatHoldsAndOneThatDoesNot(t *testing.T) {
	for name, pair := range map[string]struct{ good, bad string }{
		"existence by default":     {`fileExistenceTests: [{name: n, path: /etc/passwd}]`, `fileExistenceTests: [{name: n, path: /etc/none}]`},
		"absence":                  {`fileExistenceTests: [{name: n, path: /etc/none, shouldExist: false}]`, `fileExistenceTests: [{name: n, path: /etc/passwd, shouldExist: false}]`},
		"permissions of a file":    {`fileExistenceTests: [{name: n, path: /etc/passwd, permissions: -rw-r--r--}]`, `fileExistenceTests: [{name: n, path: /etc/passwd, permissions: -rwxr-xr-x}]`},
		"permissions with sticky":  {`fileExistenceTests: [{name: n, path: /opt/data, permissions: dtrwxr-xr-x}]`, `fileExistenceTests: [{name: n, path: /opt/data, permissions: drwxr-xr-x}]`},
		"permissions with setuid":  {`fileExistenceTests: [{name: n, path: /bin/su, permissions: urwxr-xr-x}]`, `fileExistenceTests: [{name: n, path: /bin/su, permissions: -rwxr-xr-x}]`},
		"permissions of a link":    {`fileExistenceTests: [{name: n, path: /bin/sh, permissions: Lrwxrwxrwx}]`, `fileExistenceTests: [{name: n, path: /bin/sh, permissions: -rwxrwxrwx}]`},
		"any owner by -1":          {`fileExistenceTests: [{name: n, path: /opt/data, uid: -1, gid: -1}]`, `fileExistenceTests: [{name: n, path: /opt/data, uid: 0}]`},
		"owner 0":                  {`fileExistenceTests: [{name: n, path: /etc/passwd, uid: 0, gid: 0}]`, `fileExistenceTests: [{name: n, path: /opt/data, gid: 0}]`},
		"executable by any":        {`fileExistenceTests: [{name: n, path: /opt/x, isExecutableBy: any}]`, `fileExistenceTests: [{name: n, path: /etc/passwd, isExecutableBy: any}]`},
		"executable by owner":      {`fileExistenceTests: [{name: n, path: /bin/su, isExecutableBy: owner}]`, `fileExistenceTests: [{name: n, path: /opt/x, isExecutableBy: owner}]`},
		"a variable in a path":     {`fileExistenceTests: [{name: n, path: $HOME}]`, `fileExistenceTests: [{name: n, path: "${HOME}/none"}]`},
		"content":                  {`fileContentTests: [{name: n, path: /etc/passwd, expectedContents: ["hermes:x:1\\d+"]}]`, `fileContentTests: [{name: n, path: /etc/passwd, expectedContents: ["^hermes"]}]`},
		"content that is not":      {`fileContentTests: [{name: n, path: /etc/passwd, excludedContents: [nobody]}]`, `fileContentTests: [{name: n, path: /etc/passwd, excludedContents: [root]}]`},
		"content of a directory":   {`fileContentTests: [{name: n, path: /etc/passwd}]`, `fileContentTests: [{name: n, path: /opt/data}]`},
		"content of nothing":       {`fileContentTests: [{name: n, path: /etc/passwd}]`, `fileContentTests: [{name: n, path: /etc/none}]`},
		"output anywhere":          {`commandTests: [{name: n, command: python3, expectedOutput: ["3\\.1"]}]`, `commandTests: [{name: n, command: python3, expectedOutput: ["^3"]}]`},
		"output that is not":       {`commandTests: [{name: n, command: python3, excludedOutput: [Ruby]}]`, `commandTests: [{name: n, command: python3, excludedOutput: [Python]}]`},
		"error":                    {`commandTests: [{name: n, command: python3, expectedError: [warn]}]`, `commandTests: [{name: n, command: python3, expectedError: [Python]}]`},
		"error that is not":        {`commandTests: [{name: n, command: python3, excludedError: [Python]}]`, `commandTests: [{name: n, command: python3, excludedError: [warn]}]`},
		"exit code 0 by default":   {`commandTests: [{name: n, command: python3}]`, `commandTests: [{name: n, command: python3, exitCode: 3}]`},
		"a variable":               {`metadataTest: {envVars: [{key: HOME, value: /opt/data}]}`, `metadataTest: {envVars: [{key: HOME, value: /opt}]}`},
		"a variable by its older":  {`metadataTest: {env: [{key: HOME, value: /opt/data}]}`, `metadataTest: {env: [{key: NONE, value: ""}]}`},
		"a variable by regex":      {`metadataTest: {envVars: [{key: HOME, value: dat, isRegex: true}]}`, `metadataTest: {envVars: [{key: HOME, value: ^dat, isRegex: true}]}`},
		"an unbound variable":      {`metadataTest: {unboundEnvVars: [{key: NONE}]}`, `metadataTest: {unboundEnvVars: [{key: HOME}]}`},
		"a label":                  {`metadataTest: {labels: [{key: a, value: b}]}`, `metadataTest: {labels: [{key: a, value: c}]}`},
		"a port":                   {`metadataTest: {exposedPorts: ["8642"]}`, `metadataTest: {exposedPorts: ["8642/udp"]}`},
		"a port that is not":       {`metadataTest: {unexposedPorts: ["80"]}`, `metadataTest: {unexposedPorts: ["8642/tcp"]}`},
		"an entry point":           {`metadataTest: {entrypoint: [/init]}`, `metadataTest: {entrypoint: []}`},
		"no command":               {`metadataTest: {cmd: []}`, `metadataTest: {cmd: [sh]}`},
		"an entry point not asked": {`metadataTest: {workdir: /opt/hermes}`, `metadataTest: {workdir: /}`},
		"a volume":                 {`metadataTest: {volumes: [/opt/data]}`, `metadataTest: {volumes: [/data]}`},
		"a volume that is not":     {`metadataTest: {unmountedVolumes: [/data]}`, `metadataTest: {unmountedVolumes: [/opt/data]}`},
		"a user not asked":         {`metadataTest: {user: ""}`, `metadataTest: {user: root}`},
	} {
		t.Run(name, func(t *testing.T) {
			for text, holds := range map[string]bool{pair.good: true, pair.bad: false} {
				f, err := Read("x.yaml", []byte("schemaVersion: 2.0.0\n"+text))
				if err != nil {
					t.Fatal(err)
				}
				tests := f.Tests()
				if len(tests) != 1 || tests[0].NotRun != "" {
					t.Fatalf("got %+v", tests)
				}
				err = tests[0].Run(t.Context(), image())
				var m *Mismatch
				if holds != (err == nil) || (!holds && !errors.As(err, &m)) {
					t.Errorf("%s: got %v", text, err)
				}
			}
		})
	}
}

func TestCommandsSeeTheImagesVariables(t *testing.T) {
	f, err := Read("x.yaml", []byte(`schemaVersion: 2.0.0
globalEnvVars: [{key: A, value: "$PATH:/x"}]
commandTests:
- {name: n, setup: [[touch, $HOME/a]], command: $A/b, args: ["${HOME}", $NONE], teardown: [[rm, a]], envVars: [{key: B, value: b}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	i := image()
	i.results = []Result{{}, {}, {Code: 1, Stderr: "busy"}}
	err = f.Tests()[0].Run(t.Context(), i)
	if err == nil || !strings.Contains(err.Error(), `["rm" "a"] ended with code 1: busy`) {
		t.Errorf("a teardown that failed is not named: %v", err)
	}
	want := [][]string{{"touch", "/opt/data/a"}, {"/bin:/x/b", "/opt/data", ""}, {"rm", "a"}}
	if !slices.EqualFunc(i.ran, want, slices.Equal) || i.env["A"] != "/bin:/x" || i.env["B"] != "b" {
		t.Errorf("ran %q with %q", i.ran, i.env)
	}
}

func TestAnEngineThatFailsIsNoMismatch(t *testing.T) {
	f, err := Read("x.yaml", []byte("schemaVersion: 2.0.0\ncommandTests: [{name: n, command: x}]"))
	if err != nil {
		t.Fatal(err)
	}
	var m *Mismatch
	if err := f.Tests()[0].Run(t.Context(), &fake{}); err == nil || errors.As(err, &m) {
		t.Errorf("got %v", err)
	}
}

func TestWhatCannotBeEvaluatedIsCounted(t *testing.T) {
	f, err := Read("x.yaml", []byte(`schemaVersion: 2.0.0
licenseTests: [{debian: true}]
commandTests: [{name: n, command: x}]
containerRunOptions: {bindMounts: ["/etc:/etc"]}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range f.Tests() {
		if one.NotRun == "" {
			t.Errorf("%s runs", one.Name)
		}
	}
}

func TestABadFileIsRefusedWithItsReason(t *testing.T) {
	for name, tc := range map[string]struct{ file, text, want string }{
		"JSON":               {"a.JSON", `{}`, "write it as YAML"},
		"schema 1":           {"a.yaml", "schemaVersion: 1.0.0", `its schemaVersion is "1.0.0"`},
		"no schema":          {"a.yaml", "commandTests: []", `its schemaVersion is ""`},
		"no YAML":            {"a.yaml", "a: [", "cannot parse"},
		"an unknown key":     {"a.yaml", "schemaVersion: 2.0.0\nfileExistenceTest: []", "fileExistenceTest"},
		"an unknown key in":  {"a.yaml", "schemaVersion: 2.0.0\ncommandTests: [{name: n, command: x, expectOutput: [a]}]", "expectOutput"},
		"a bad expression":   {"a.yaml", "schemaVersion: 2.0.0\ncommandTests: [{name: n, command: x, expectedOutput: ['(']}]", "cannot compile"},
		"a test twice":       {"a.yaml", "schemaVersion: 2.0.0\nfileExistenceTests: [{name: n, path: /a}, {name: n, path: /b}]", `file existence test "n" twice`},
		"no name":            {"a.yaml", "schemaVersion: 2.0.0\nfileExistenceTests: [{path: /a}]", "without a name"},
		"no path":            {"a.yaml", "schemaVersion: 2.0.0\nfileContentTests: [{name: n}]", "has no path"},
		"no command":         {"a.yaml", "schemaVersion: 2.0.0\ncommandTests: [{name: n}]", "has no command"},
		"no test":            {"a.yaml", "schemaVersion: 2.0.0", "it has no test"},
		"a word for who":     {"a.yaml", "schemaVersion: 2.0.0\nfileExistenceTests: [{name: n, path: /a, isExecutableBy: me}]", "one of owner, group, other, any"},
		"two documents":      {"a.yaml", "schemaVersion: 2.0.0\nmetadataTest: {user: x}\n---\nschemaVersion: 2.0.0", "more than one document"},
		"a bad metadata one": {"a.yaml", "schemaVersion: 2.0.0\nmetadataTest: {labels: [{key: a, value: '(', isRegex: true}]}", "cannot compile"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(tc.file, []byte(tc.text))
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), tc.file) {
				t.Errorf("got %v", err)
			}
		})
	}
}
