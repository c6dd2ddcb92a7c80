package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"caduceus/tests/docker/checks"
)

// listSchema names the JSON form of the list of checks.
const listSchema = "caduceus.verify-checks/v1"

// checkList is what "list --json" prints.
type checkList struct {
	Schema string        `json:"schema"`
	Checks []listedCheck `json:"checks"`
}

// listedCheck is one of them.
type listedCheck struct {
	ID      string   `json:"id"`
	Tier    string   `json:"tier" schema:"enum=smoke|core|full|chaos"`
	Needs   []string `json:"needs"`
	Promise string   `json:"promise"`
	Clauses []string `json:"clauses"`
	Looks   string   `json:"looks" schema:"doc=how it looks"`
}

func listCommand(e Env) *cobra.Command {
	var tier string
	var asJSON bool
	c := &cobra.Command{
		Use:     "list",
		Short:   "Lists the checks: ID, tier, clauses, promise",
		Example: "  hermes-verify list --tier smoke\n  hermes-verify list --json",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			all, err := checks.Catalog()
			if err != nil {
				return err
			}
			if all, err = checks.UpTo(all, tier); err != nil {
				return err
			}
			if asJSON {
				return printJSON(e, all)
			}
			t := tabwriter.NewWriter(e.Stdout, 0, 0, 2, ' ', 0)
			for _, one := range all {
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", one.ID, one.Tier, strings.Join(one.Clauses, " "), one.Name)
			}
			return t.Flush()
		},
	}
	c.Flags().StringVar(&tier, "tier", "chaos", "only this tier and those before it: smoke, core, full, chaos")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func printJSON(e Env, all []checks.Entry) error {
	list := checkList{Schema: listSchema, Checks: []listedCheck{}}
	for _, one := range all {
		needs := []string{}
		for _, n := range one.Needs {
			needs = append(needs, string(n))
		}
		list.Checks = append(list.Checks, listedCheck{
			ID: one.ID, Tier: string(one.Tier), Needs: needs, Promise: one.Name, Clauses: slices.Clone(one.Clauses), Looks: one.Doc,
		})
	}
	enc := json.NewEncoder(e.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(list)
}

func explainCommand(e Env) *cobra.Command {
	return &cobra.Command{
		Use:     "explain ID",
		Short:   "Explains a check: what it promises, how it looks, what usually breaks it and how to fix that",
		Example: "  hermes-verify explain image-entrypoint",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			all, err := checks.Catalog()
			if err != nil {
				return err
			}
			c, err := one(all, args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(e.Stdout, "%s\n\npromise  %s\nclauses  %s\ntier     %s\n", c.ID, c.Name, strings.Join(c.Clauses, ", "), c.Tier)
			if len(c.Needs) > 0 {
				fmt.Fprintf(e.Stdout, "needs    %s\n", words(c.Needs))
			}
			fmt.Fprintf(e.Stdout, "looks    %s\n\nWhat usually breaks it:\n", c.Doc)
			for _, cause := range c.Causes {
				fmt.Fprintf(e.Stdout, "- %s\n  %s\n", cause.Cause, cause.Fix)
			}
			fmt.Fprintf(e.Stdout, "\nIt alone: hermes-verify --check %s IMAGE\n", c.ID)
			return nil
		},
	}
}
