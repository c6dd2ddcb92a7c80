// Package laws holds the rules that the whole repository obeys, as code.
//
// A law is a pure function from what is in the tree to a list of violations;
// each violation names the file, the line where there is one, and the fix.
// The tests of the package run every law over the real tree, and over a small
// bad fixture that must be refused: a law that cannot fail proves nothing.
//
// The package is not a linter for style: gofmt, vet, staticcheck and
// golangci-lint do that. It holds only what those tools cannot know.
package laws
