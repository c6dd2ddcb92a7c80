package reference

import (
	"fmt"
	"strings"

	"caduceus/internal/repo/variables"
)

// variablePage has one table for each part of the image, and explains the kinds.
func variablePage(all []variables.Variable) string {
	var b strings.Builder
	b.WriteString(`# Environment variables

What can be given with ` + "`docker run -e`" + ` (or to mage, last table). A value outside of its domain is ignored with a
line that names it, and the default holds. An empty one counts as unset.

| kind | values |
| --- | --- |
| yes: exact | ` + "`1 true TRUE True yes YES Yes`" + `, letter for letter |
| yes: lower | ` + "`1 true yes`" + ` in any case, without blanks around |
| yes: loose | ` + "`1 true yes on`" + ` in any case, blanks around are ignored |
| yes: filled | anything that is not empty |

All other values of a switch mean no. A variable marked (agent) is read by the agent alone; listed are those that the
recipes of the image use, the agent's documentation has all.
`)
	for _, part := range variables.Parts() {
		fmt.Fprintf(&b, "\n## %s\n\n", part)
		row(&b, "variable", "kind", "default", "for")
		row(&b, "---", "---", "---", "---")
		for _, v := range all {
			if v.Part == part {
				row(&b, code(v.Name), kind(v.Kind), code(v.Default), cell(mark(v)+v.Text))
			}
		}
	}
	return b.String()
}

func kind(k variables.Kind) string {
	switch k {
	case variables.Exact, variables.Lower, variables.Loose, variables.Filled:
		return "yes: " + string(k)
	}
	return string(k)
}

func mark(v variables.Variable) string {
	if v.Agent {
		return "(agent) "
	}
	return ""
}
