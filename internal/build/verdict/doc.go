// Package verdict judges runs of lint and of tests that ended in a container of the Dagger engine, by their
// exit code and what they printed.
//
// A run of tests is accepted only with both: code 0, and a closing line that counts at least one passed
// test; a run of hermes-verify with code 0 and a closing line of at least one check that holds.
package verdict
