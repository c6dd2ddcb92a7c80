package cmdline

import (
	"path/filepath"
	"slices"
	"strings"
)

// Wrapper is the program of the image's entry point that runs CMD.
const Wrapper = "main-wrapper.sh"

// Behind returns the words behind the wrapper. ok is false where the image has another entry point.
func Behind(words []string) (cmd []string, ok bool) {
	at := slices.IndexFunc(words, func(word string) bool { return filepath.Base(word) == Wrapper })
	if at < 0 {
		return nil, false
	}
	return words[at+1:], true
}

// Kind is what CMD is.
type Kind uint8

// The kinds of CMD.
const (
	Program Kind = iota // anything whose output somebody may wait for
	Gateway             // `gateway run`, supervised or not
	Idle                // it prints nothing, ever: the container is there for its services
)

// KindOf returns the kind of the words that /init was given.
//
// contract: BOOT-20
func KindOf(words []string) Kind {
	if len(words) == 0 {
		return Idle
	}
	if cmd, ok := Behind(words); ok {
		words = cmd
	}
	switch {
	case isGateway(words):
		return Gateway
	case isIdle(words):
		return Idle
	}
	return Program
}

// isGateway reports whether words are `[hermes] [-p NAME] gateway [run] [FLAG]...`. Flags that the agent refuses count, too:
// it then says so, whatever this is taken for.
func isGateway(words []string) bool {
	if len(words) > 0 && filepath.Base(words[0]) == "hermes" {
		words = words[1:]
	}
	var left []string
	for i := 0; i < len(words); i++ {
		switch word := words[i]; {
		case (word == "-p" || word == "--profile") && i+1 < len(words):
			i++
		case !strings.HasPrefix(word, "-"):
			left = append(left, word)
		}
	}
	return slices.Equal(left, []string{"gateway"}) || slices.Equal(left, []string{"gateway", "run"})
}

// isIdle reports whether words are a program that only waits: sleep, tail -f /dev/null, or a shell that runs one of them.
func isIdle(words []string) bool {
	if len(words) < 2 {
		return false
	}
	rest := words[1:]
	switch filepath.Base(words[0]) {
	case "sleep":
		return true
	case "tail":
		return slices.ContainsFunc(rest, func(word string) bool { return strings.HasPrefix(word, "-") && strings.ContainsAny(word, "fF") }) &&
			rest[len(rest)-1] == "/dev/null"
	case "sh", "bash", "dash":
		return len(rest) == 2 && strings.HasPrefix(rest[0], "-") && strings.HasSuffix(rest[0], "c") && isIdleScript(rest[1])
	}
	return false
}

// isIdleScript takes a script apart that is one plain command.
func isIdleScript(script string) bool {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(" ./_-", r)
	}
	if strings.TrimFunc(script, plain) != "" {
		return false
	}
	return isIdle(strings.Fields(strings.TrimPrefix(script, "exec ")))
}
