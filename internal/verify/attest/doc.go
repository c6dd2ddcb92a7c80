// Package attest writes what a run found out as in-toto statements, and reads them back.
//
// Two statements are about the same image: a test result, which names every check, and a verification summary of SLSA,
// which policies read. Neither is signed: who has the file can change it, so that reading it back says what it
// claims, and never that it is true.
package attest
