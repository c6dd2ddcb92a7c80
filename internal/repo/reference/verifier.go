package reference

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	verifier "caduceus/internal/verify/cli"
	"caduceus/tests/docker/checks"
)

// checkPage lists all checks, family by family, with what usually breaks them, and the flags of the command that runs them.
func checkPage(all []checks.Entry) string {
	var b, rows strings.Builder
	b.WriteString(`# Checks

What ` + "`hermes-verify`" + ` and ` + "`go tool mage test:docker`" + ` look at. IDs are stable; clauses are those of the
[contract](../spec/contract.md). ` + "`hermes-verify explain ID`" + ` says how a check looks. How to use it:
[verify a derived image](../trust/verify.md).

## The command

`)
	root := verifier.Command()
	root.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" || f.Name == "version" {
			return
		}
		value, text := pflag.UnquoteUsage(f)
		standard := ""
		if f.DefValue != "" && f.DefValue != "[]" && f.DefValue != "false" {
			standard = code(f.DefValue)
		}
		row(&rows, code(strings.TrimSpace("--"+f.Name+" "+value)), standard, cell(text))
	})
	table(&b, &rows, "flag", "default", "does")
	family := ""
	for i, e := range all {
		if e.Family() != family {
			family = e.Family()
			if seen(all[:i], family) {
				family += ", more"
			}
			fmt.Fprintf(&b, "\n## %s\n\n", family)
			family = e.Family()
			causes(&b, e)
			row(&b, "ID", "tier", "clauses", "promise")
			row(&b, "---", "---", "---", "---")
		}
		row(&b, code(e.ID), string(e.Tier), strings.Join(e.Clauses, " "), cell(e.Name))
	}
	return b.String()
}

// causes are those of the family alone: the last ones of each of its checks.
func causes(b *strings.Builder, e checks.Entry) {
	last := e.Causes[len(e.Causes)-1]
	fmt.Fprintf(b, "Usually broken by %s. Fix: %s.\n\n", cell(last.Cause), cell(last.Fix))
}

func seen(before []checks.Entry, family string) bool {
	for _, e := range before {
		if e.Family() == family {
			return true
		}
	}
	return false
}
