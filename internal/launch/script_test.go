package launch_test

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
	"caduceus/internal/launch"
)

func TestAScriptIsRunByTheInterpreterOfItsFirstLine(t *testing.T) {
	clause.Proves(t, "SUP-27")
	for head, want := range map[string]string{
		"#!/bin/sh\necho":                       "/bin/sh",
		"#!/bin/sh":                             "/bin/sh",
		"#! /bin/sh -e  \nrest":                 "/bin/sh|-e",
		"#! /bin/sh  -e -u \n":                  "/bin/sh|-e -u",
		"#!/bin/sh\t-e\n":                       "/bin/sh|-e",
		"#!/usr/bin/env -S a b\n":               "/usr/bin/env|-S a b",
		"#!/usr/bin/env \t-S\ta\tb\n":           "/usr/bin/env|-S\ta\tb",
		"#!/command/with-contenv sh\n":          "/command/with-contenv|sh",
		"#!\t/command/execlineb -P":             "/command/execlineb|-P",
		"#!\n":                                  "",
		"#! \t\n":                               "",
		"echo\n":                                "",
		"\x7fELF":                               "",
		"":                                      "",
		"#!/" + strings.Repeat("x", 300) + "\n": "/" + strings.Repeat("x", 253),
	} {
		if want != "" {
			want += "|./run|slot"
		}
		if got := strings.Join(launch.Script(strings.NewReader(head), "./run", []string{"run", "slot"}), "|"); got != want {
			t.Errorf("Script of %q = %q, want %q", head, got, want)
		}
	}
}
