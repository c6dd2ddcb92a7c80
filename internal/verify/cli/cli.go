package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"caduceus/internal/verify/report"
)

// Env is what the process gives to the command.
type Env struct {
	Args   []string // without the program's name
	Stdout io.Writer
	Stderr io.Writer
	Getenv func(string) string

	Version string // of the program
}

// coded is an error with the exit code that it means.
type coded struct {
	error
	code int
}

// Run runs the command and returns its exit code. A first interrupt ends the run in order, with a report of what was
// reached and nothing left on the engine; a second one is for the shell.
func Run(ctx context.Context, e Env) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := rootCommand(e)
	root.SetArgs(e.Args)
	root.SetOut(e.Stdout)
	root.SetErr(e.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return report.CodeHolds
	}
	var c coded
	if !errors.As(err, &c) {
		fmt.Fprintln(e.Stderr, "hermes-verify:", report.Printable(err.Error()))
		return report.CodeNotProved
	}
	if c.error != nil {
		fmt.Fprintln(e.Stderr, "hermes-verify:", report.Printable(c.Error()))
	}
	return c.code
}

func (c coded) Error() string {
	if c.error == nil {
		return ""
	}
	return c.error.Error()
}

// Command is the tree of commands, for the reference.
func Command() *cobra.Command { return rootCommand(Env{}) }

// JSONObject is what a command prints as JSON, by an example of its type.
type JSONObject struct {
	Command, Schema string
	File            string // of the schema, in docs/reference/schema
	Value           any
}

// JSONObjects lists them. Their schemas are made from the types.
func JSONObjects() []JSONObject {
	return []JSONObject{
		{"hermes-verify --json", report.Schema, "verify.v1.json", report.Report{}},
		{"hermes-verify list --json", listSchema, "verify-checks.v1.json", checkList{}},
	}
}

// usage is the part of help below what a command does: as that of hermes, with the examples after the flags.
const usage = `Usage:
  {{.UseLine}}{{if .HasAvailableSubCommands}}
  {{.CommandPath}} COMMAND

Commands:{{range .Commands}}{{if .IsAvailableCommand}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}{{end}}

Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}

Examples:
{{.Example}}
{{if .HasAvailableSubCommands}}
"{{.CommandPath}} COMMAND --help" says more about a command.
{{else}}
{{end}}`

func rootCommand(e Env) *cobra.Command {
	o := options{}
	c := &cobra.Command{
		Use:   "hermes-verify [flags] IMAGE",
		Short: "Proves that an image keeps what the image of the Hermes Agent promises",
		Long: `Proves that an image keeps what the image of the Hermes Agent promises.

It starts containers from an image, derived from that of the Hermes Agent or not, and says which promises hold, which are
broken, why, and what to change. It brings a program of its own into the containers and does not ask the image's.

IMAGE is one that a container engine has (Docker, or Podman by its Docker API), or tar:FILE, oci:FOLDER or
registry:NAME, which are read without an engine; how such an image behaves is then not proved.

Exit codes: 0 every selected check ran and held; 1 a promise is broken; 2 it could not be proved.`,
		Example: `  hermes-verify my-hermes:latest
  hermes-verify --tier smoke my-hermes:latest
  hermes-verify --against hermes-agent:dev --dockerfile Dockerfile my-hermes:latest
  hermes-verify --json report.json --junit junit.xml my-hermes:latest`,
		Args:          oneImage,
		Version:       e.Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(c *cobra.Command, args []string) error { return verify(c.Context(), e, args[0], o) },
	}
	c.CompletionOptions.HiddenDefaultCmd = true
	c.SetUsageTemplate(usage)
	o.flags(c)
	c.AddCommand(listCommand(e), explainCommand(e))
	return c
}

// options are the flags of a run.
type options struct {
	tier       string
	ids        []string
	clauses    []string
	allow      []string
	own        []string
	selfTest   bool
	against    string
	dockerfile string
	json       string
	junit      string
	sarif      string
	attest     string
	claimed    string
	evidence   string
	parallel   int
	limit      time.Duration
	check      time.Duration
	all        bool
}

func (o *options) flags(c *cobra.Command) {
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.tier, "tier", "core", "run the checks of this tier and of those before it: smoke, core, full, chaos")
	f.StringSliceVar(&o.ids, "check", nil, "run these checks alone, by ID or family (\"hermes-verify list\")")
	f.StringSliceVar(&o.clauses, "clause", nil, "run what proves these clauses alone")
	f.StringSliceVar(&o.own, "structure", nil, "also run these test files of container-structure-test, schema 2.0.0")
	f.StringSliceVar(&o.allow, "allow-not-run", nil, "checks that may be left out where the engine lacks what they need")
	f.BoolVar(&o.selfTest, "self-test", false, "first put faults into images derived from this one, and say which are caught")
	f.StringVar(&o.against, "against", "", "compare with this image, and name the layer that broke a promise")
	f.StringVar(&o.dockerfile, "dockerfile", "", "the Dockerfile of the image: name its lines")
	f.StringVar(&o.json, "json", "", "write the report as JSON into this file (-: stdout)")
	f.StringVar(&o.junit, "junit", "", "write it as JUnit XML")
	f.StringVar(&o.sarif, "sarif", "", "write it as SARIF 2.1.0")
	f.StringVar(&o.attest, "attest", "", "write it as in-toto statements: test result, and verification summary of SLSA")
	f.StringVar(&o.claimed, "check-attestation", "", "run nothing: say what such a file claims of the image")
	f.StringVar(&o.evidence, "evidence", "hermes-verify-evidence", "folder for logs, state and repeat.sh of what is broken")
	f.IntVar(&o.parallel, "parallel", 3, "checks side by side")
	f.DurationVar(&o.limit, "timeout", time.Hour, "end the whole run after this time")
	f.DurationVar(&o.check, "check-timeout", 10*time.Minute, "end one check after this time")
	f.BoolVar(&o.all, "all", false, "show each check also on a terminal")
}

func oneImage(c *cobra.Command, args []string) error {
	switch len(args) {
	case 1:
		return nil
	case 0:
		return fmt.Errorf("no image is named; hermes-verify IMAGE, or %q", c.CommandPath()+" --help")
	}
	return fmt.Errorf("%d images are named, %q; give each a run of its own", len(args), args)
}
