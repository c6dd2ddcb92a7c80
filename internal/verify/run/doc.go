// Package run carries out checks of an image, several at a time, each with a limit of its own and all
// within one.
//
// It knows neither engine nor contract: a Case is a check that is ready to run, and what it returns is
// its outcome. Whatever goes wrong while a check looks (a panic, a limit, an interrupt, a check that
// looked at nothing) is "could not look", never "holds".
package run
