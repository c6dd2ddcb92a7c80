// Package clause is how a test says which clauses of the specifications it proves.
//
// A clause is proved by a test that says so and passes, in that run: the pipeline reads it from
// the events of "go test -json", and "mage coverage" adds up the suites. What a comment cites
// helps readers and is not counted.
package clause
