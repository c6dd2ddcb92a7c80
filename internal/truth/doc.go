// Package truth says which values of an environment variable mean yes. The contract gives three
// lists, and each variable has exactly one of them (docs/spec/contract.md, "Truthiness"): a value that its
// list does not have is false, whatever it looks like.
//
// It is not a parser of booleans: there is no error and no "unknown". Where a wrong value must be
// reported, the caller compares it with the list of its domain.
package truth
