// Command bench prints what /init costs beside tini, dumb-init and s6-svscan: the figures that
// docs/spec/supervision.md has targets for, as medians, spread, ratios to tini and verdicts.
//
// "go tool mage bench" builds what is to be measured, installs the other inits and runs this.
//
// A missed target is printed and does not fail. Exit codes: 0 the table was made, 2 it could not be
// made.
package main
