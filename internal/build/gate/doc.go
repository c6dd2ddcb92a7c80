// Package gate judges what stands between a change and its publication: runs of lint and of
// tests that ended somewhere else, in a container of the Dagger engine.
//
// Of such a run there is an exit code and what it printed. A run of tests is accepted only
// with both: code 0, and a closing line that counts at least one passed test. The package
// does not start anything: that is the Dagger module's part.
package gate
