// Command mage is mage itself, as "go tool mage" runs it, with a list and a help of targets that have more
// than one line, and with the next command where it could not make sense of what it was told.
//
// It adds no flag and no target: an installed mage runs the same targets.
package main
