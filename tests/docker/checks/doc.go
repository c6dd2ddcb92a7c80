// Package checks is the container contract as code: each Check proves one or more clauses of it on
// running containers of an image.
//
// All returns every check. The go tests of the folder above run them one by one, and anything else that
// can give them a harness.Subject may do the same. A check that finds the contract broken returns
// Violations, which name the clause; any other error means that the check could not judge.
//
// Checks look from outside, as a user of the image would: they know the files, commands and output that
// the contract promises, and import no package of the implementation. What they need to know of it, the
// list of variables, is generated into variables.txt.
package checks
