// Package s6 drives the init's scandir mode with the real clients of Debian's
// s6 package, and compares it with the real s6-svscan: event strings, exit
// codes and status lines must be equal but for the deviations that the
// specification names.
//
// It is not for units: each package tests its own. It needs s6 and execline on
// the machine and says so where they are missing.
//
// spec: SUP-98, SUP-99.
package s6
