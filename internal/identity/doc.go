// Package identity reads and edits the accounts in /etc/passwd and /etc/group, decides the ids of the user hermes, and
// drops from root to an account.
//
// A [DB] holds the two files in memory; edits reach the disk when it is saved. If /etc cannot be written, the files are
// saved below /run/hermes instead, and [Lookup] prefers those. So all Go programs of the image agree on the ids. Programs
// of the C library still read /etc: they get [Account.Spec].
//
// Only the two files count; there is no NSS. Who owns files of the volume is the business of internal/front/setup.
package identity
