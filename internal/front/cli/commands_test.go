package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestEachVerbForPeopleHasExampleAndExitCodes(t *testing.T) {
	visible := 0
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
		if cmd.Hidden || cmd.HasSubCommands() {
			return
		}
		visible++
		if !strings.HasPrefix(cmd.Example, "  ") {
			t.Errorf("%s has no indented example", cmd.CommandPath())
		}
		if !strings.Contains(cmd.Long, "\n\nExit code") {
			t.Errorf("the long text of %s does not end with its exit codes", cmd.CommandPath())
		}
	}
	walk(Commands())
	if visible < 15 {
		t.Errorf("only %d verbs are visible", visible)
	}
}

func TestHelpOpensWithAnExample(t *testing.T) {
	for _, sub := range Commands().Commands() {
		for _, cmd := range append(sub.Commands(), sub) {
			if cmd.Hidden || cmd.Example == "" {
				continue
			}
			var out strings.Builder
			cmd.SetOut(&out)
			if err := cmd.Help(); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(out.String(), cmd.Example+"\n\n"+cmd.Long) || !strings.Contains(out.String(), "\nUsage:\n  hermes "+sub.Name()) {
				t.Errorf("help of %s:\n%s", cmd.CommandPath(), out.String())
			}
		}
	}
}
