// Package mutants proves that the checks can fail: images with one thing broken on purpose, in a file, in
// the front or in the init, which a named check must see and call by its clause; and faults in hermes-verify,
// which may not end in a proof.
//
// "go tool mage test:mutants" runs them, and prints which check killed which mutant.
package mutants
