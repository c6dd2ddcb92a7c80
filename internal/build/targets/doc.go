// Package targets reads the targets of mage from the source in magefiles/ and describes them, for
// "go tool mage -l" and "-h" and for the reference. Mage itself prints a comment as one long line.
//
// The comment of a target begins with its function's name and a sentence of one line, the summary.
// Paragraphs may follow, and sections that begin with a line such as "Examples:".
package targets
