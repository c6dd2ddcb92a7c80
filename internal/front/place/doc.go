// Package place judges where the path of a directory leads that root is to give to hermes: the data directory, or a
// scandir. The path comes from a variable, and hermes may have had its hands on what lies along it.
//
// A place is refused for what it is, not for its name: because hermes could exchange an element of the path while
// root uses it, or because the directory holds files of the system.
//
// contract: ENV-14
package place
