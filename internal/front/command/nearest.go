package command

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"caduceus/internal/near"
)

// Suggest is a line about words that name no verb below cmd, if somebody else refuses them, too: the verb that was
// meant. It is "" where none is near. more are verbs at the root that the tree does not know.
//
// contract: GW-22
func Suggest(cmd *cobra.Command, words, more []string) string {
	if len(words) == 0 || strings.HasPrefix(words[0], "-") {
		return ""
	}
	known := names(cmd)
	if !cmd.HasParent() {
		known = append(known, more...)
	}
	if parts := strings.Fields(words[0]); len(parts) > 1 && slices.Contains(known, parts[0]) {
		return fmt.Sprintf("hermes: %q is one word, and should be %d: %s", words[0], len(parts), strings.Join(parts, " "))
	}
	meant := near.Word(words[0], known)
	if meant == "" || slices.Contains(known, words[0]) {
		return ""
	}
	return fmt.Sprintf("hermes: did you mean %q?", cmd.CommandPath()+" "+meant)
}

// didYouMean is the part of an error that names the known word nearest to an unknown one, or "".
func didYouMean(word string, known []string) string {
	if meant := near.Word(word, known); meant != "" {
		return fmt.Sprintf("; did you mean %q?", meant)
	}
	return ""
}
