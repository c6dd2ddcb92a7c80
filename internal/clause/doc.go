// Package clause knows the clauses of the specifications in docs/spec, and how a test says which of
// them it proves.
//
// A clause is proved by a test that names it with Proves and passes, in that run: the build reads it from
// the events of "go test -json", and "mage coverage" adds up the suites. A citation in a comment
// helps readers and is not counted.
package clause
