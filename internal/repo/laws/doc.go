// Package laws holds what only a look at the whole repository can check.
//
// A law is a function from the tree to violations; each violation names the file, the line where there is
// one, and the fix. The tests of the package run every law over the real tree, and over a small bad one
// that must be refused: a law that cannot fail proves nothing. What golangci-lint can check, it checks
// (.golangci.yml).
package laws
