// Package pages reads a page of the documentation as a reader follows it: a sequence of commands and files, with
// the output that the page promises.
//
// It says what can be said without an engine: what the commands are, which options a later command drops, what
// nobody outside could reach, and whether an output is the promised one. It does not run anything: the tests in
// tests/docker/recipes do.
package pages
