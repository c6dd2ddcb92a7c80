// Package cli is the front of the agent's command line, called as `hermes`. Its verbs, one file each, make
// one tree (tree.go). A command line that names a verb of the tree is served here; any other becomes the
// agent, in place of this process and with its words untouched.
//
// Verbs decide with pure functions, most of them in packages of their own: gateway.Decide, reconcile.Plan,
// dashboard.Decide. What is left here is to collect the facts, to act, and to print.
//
// Each verb has a transcript in testdata/script.
package cli
