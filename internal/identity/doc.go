// Package identity knows who may run what in the container: the accounts of /etc/passwd and
// /etc/group, the remapping of the hermes user to the ids an operator asks for, and the one-way
// drop from root to it.
//
// Decisions (which ids, is this --user supported) are functions from values to values; the account
// files are edited in memory and stored by rename. Where /etc cannot be written, the same two files
// are kept under /run/hermes and Lookup prefers them, so that every Go program of the image agrees
// on the numeric ids; programs of the C library still read /etc and must be given Account.Spec.
//
// It is not for file ownership, home directories or environment variables: internal/front/setup repairs
// the volume and internal/front/cli prepares what CMD sees. It is not a general name service either: no
// NSS, no network, only the two files.
package identity
