package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Help reads like that of hermes: what it does, how to call it, what it takes, examples.
func TestHelpSaysWhatHowAndWithWhat(t *testing.T) {
	t.Parallel()
	root := Command()
	for _, cmd := range append([]*cobra.Command{root}, root.Commands()...) {
		if !cmd.IsAvailableCommand() && cmd != root {
			continue
		}
		var out strings.Builder
		root.SetOut(&out)
		if err := cmd.Help(); err != nil {
			t.Fatal(err)
		}
		rest, ok := strings.CutPrefix(out.String(), cmd.Short)
		for _, part := range []string{"\nUsage:\n  " + cmd.CommandPath(), "\nFlags:\n", "\nExamples:\n  hermes-verify "} {
			if _, after, found := strings.Cut(rest, part); found && ok {
				rest = after
			} else {
				t.Fatalf("help of %s lacks %q, or has it too early:\n%s", cmd.CommandPath(), part, &out)
			}
		}
	}
}
