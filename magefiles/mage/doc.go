// Command mage is mage itself, as "go tool mage" runs it, with one line more: where it
// could not make sense of what it was told, say a target that does not exist, it also
// says which command comes next.
//
// It adds no flag and no target, and it is not needed: an installed mage runs the same
// targets.
package main
