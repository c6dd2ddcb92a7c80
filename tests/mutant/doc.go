// Package mutant builds programs of this repository with a fault put in on purpose. A suite that stays
// green with such a program proves nothing of what the fault breaks.
//
// A fault is a list of edits of source files. They are laid over the sources for the compiler alone: the
// repository stays as it is.
package mutant
