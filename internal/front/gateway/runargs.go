package gateway

import (
	"slices"
	"strings"
)

// RunArgs is what the flags of a `gateway run` command line ask for.
type RunArgs struct {
	NoSupervise bool
	Help        bool
}

// RunFlag is a flag of `gateway run`.
type RunFlag struct {
	Name, Short string // without dashes; Short may be ""
	Text        string
}

// RunFlags lists the flags of `gateway run` as the agent's parser knows them, but --help.
//
// contract: GW-03
func RunFlags() []RunFlag {
	return []RunFlag{
		{"no-supervise", "", "be the gateway, unsupervised"},
		{"verbose", "v", "more lines on stderr, unsupervised"},
		{"quiet", "q", "no lines on stderr, unsupervised"},
		{"replace", "", "replace a gateway that runs already, unsupervised"},
		{"force", "", "start beside a supervised gateway, unsupervised"},
		{"external-supervisor", "", "another supervisor restarts this gateway, unsupervised"},
		{acceptHooks, "", "approve unseen shell hooks without asking"},
	}
}

const (
	acceptHooks = "accept-hooks"
	help        = "help"
)

// AcceptHooks is the one flag that the agent also takes before and after the word gateway.
const AcceptHooks = "--" + acceptHooks

// ParseRun takes the words after `hermes`, without the profile's selection. ok is false if they are not
// a `gateway run` that the agent would accept. Bare `gateway` is one, too.
//
// contract: GW-03
func ParseRun(words []string) (run RunArgs, ok bool) {
	words = withoutAcceptHooks(words, 1)
	if len(words) == 0 || words[0] != "gateway" {
		return RunArgs{}, false
	}
	words = withoutAcceptHooks(words[1:], len(words))
	switch {
	case len(words) == 0:
		return RunArgs{}, true
	case words[0] != "run":
		return RunArgs{}, false
	}
	return ParseRunFlags(words[1:])
}

func withoutAcceptHooks(words []string, most int) []string {
	for most > 0 && len(words) > 0 && words[0] == AcceptHooks {
		words, most = words[1:], most-1
	}
	return words
}

// ParseRunFlags takes the words after `gateway run`. ok is false if the agent would not accept them: then
// it is the agent's to say so, and nothing is redirected. As in the agent's parser, a long flag may be
// cut short where that is unambiguous, and short ones may be joined.
//
// contract: GW-03
func ParseRunFlags(words []string) (run RunArgs, ok bool) {
	for _, word := range words {
		names := runFlags(word)
		if len(names) == 0 {
			return RunArgs{}, false
		}
		run.NoSupervise = run.NoSupervise || slices.Contains(names, "no-supervise")
		run.Help = run.Help || slices.Contains(names, help)
	}
	return run, true
}

// runFlags are the names of the flags in a word; nil if it is not made of flags of `gateway run`.
func runFlags(word string) []string {
	flags := append(RunFlags(), RunFlag{Name: help, Short: "h"})
	if prefix, long := strings.CutPrefix(word, "--"); long {
		flags = slices.DeleteFunc(flags, func(f RunFlag) bool { return prefix == "" || !strings.HasPrefix(f.Name, prefix) })
		if len(flags) != 1 {
			return nil
		}
		return []string{flags[0].Name}
	}
	letters, short := strings.CutPrefix(word, "-")
	if !short {
		return nil
	}
	var names []string
	for letter := range strings.SplitSeq(letters, "") {
		at := slices.IndexFunc(flags, func(f RunFlag) bool { return letter != "" && f.Short == letter })
		if at < 0 {
			return nil
		}
		names = append(names, flags[at].Name)
	}
	return names
}
