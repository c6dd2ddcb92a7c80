package pip

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"caduceus/internal/env"
)

// Files of the image.
const (
	Uv          = "/usr/local/bin/uv"
	python      = env.VenvDir + "/bin/python3"
	constraints = "/opt/hermes/libexec/python-packages.txt" // what the sealed environment has, made by the build
)

// Prefix is where packages lie on the volume whose root is home. Its bin is on the PATH.
func Prefix(home string) string { return filepath.Join(home, ".local") }

// Of takes the words after pip. The error is a line about a verb that there is none for.
func Of(args []string, home string) (argv []string, err error) {
	verb := slices.IndexFunc(args, func(arg string) bool { return !strings.HasPrefix(arg, "-") })
	if verb < 0 {
		if slices.ContainsFunc(args, func(arg string) bool { return arg == "-V" || arg == "--version" }) {
			return []string{Uv, "--version"}, nil
		}
		return []string{Uv, "pip", "--help"}, nil
	}
	words := slices.Concat(args[:verb], args[verb+1:])
	switch args[verb] {
	case "install":
		return translate("install", words, home), nil
	case "uninstall", "freeze", "list", "show", "check", "tree":
		return translate(args[verb], words, home), nil
	case "help":
		return []string{Uv, "pip", "--help"}, nil
	}
	return nil, fmt.Errorf("there is no pip %s here; uvx pip %[1]s runs the real one", args[verb])
}

// OfUv takes the words after uv. ok is false unless they would change the sealed environment, or look at nothing but it, by `uv pip`:
// then it is uv's own.
func OfUv(args []string, home string, sealedIsActive bool) (argv []string, ok bool) {
	if len(args) < 2 || args[0] != "pip" || args[1] != "install" && args[1] != "uninstall" {
		return nil, false
	}
	words := args[2:]
	for i, word := range words {
		name, value, joined := strings.Cut(word, "=")
		if name == "--python" || name == "-p" {
			if !joined && i+1 < len(words) {
				value = words[i+1]
			}
			if !strings.HasPrefix(value, env.VenvDir+"/") {
				return nil, false
			}
			sealedIsActive = true
		}
	}
	if !sealedIsActive || elsewhere(words) {
		return nil, false
	}
	return translate(args[1], words, home), true
}

// translate adds where to install. Words that say so by themselves win.
func translate(verb string, words []string, home string) []string {
	words = slices.DeleteFunc(slices.Clone(words), func(word string) bool { return slices.Contains(dropped(verb), word) })
	argv := []string{Uv, "pip", verb}
	if !slices.ContainsFunc(words, func(word string) bool {
		return word == "-p" || word == "--python" || strings.HasPrefix(word, "--python=")
	}) {
		argv = append(argv, "--python", python)
	}
	if !elsewhere(words) {
		argv = append(argv, "--prefix", Prefix(home))
		if verb == "install" {
			argv = append(argv, "--link-mode", "copy", "--constraint", constraints)
		}
	}
	return append(argv, words...)
}

// elsewhere reports whether words name another place to install to.
func elsewhere(words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool {
		name, _, _ := strings.Cut(word, "=")
		return slices.Contains([]string{"-t", "--target", "--prefix", "--system"}, name)
	})
}

// dropped are flags of pip that uv refuses, and that ask for what is the case anyway.
func dropped(verb string) []string {
	flags := []string{"--user", "--no-input", "--no-warn-script-location", "--root-user-action=ignore", "--disable-pip-version-check", "--break-system-packages"}
	if verb == "uninstall" {
		flags = append(flags, "-y", "--yes")
	}
	return flags
}
