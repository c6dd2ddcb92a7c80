// Package cli is the command line of hermes-verify: what is selected, how it is run, and where the report goes.
//
// Its exit codes are those of package report: 0 where every selected check ran and held, 1 where a promise is broken,
// 2 where it could not be proved, which a wrong command line is as well.
package cli
