// Package scan owns a scandir: which services exist, and their log pipes.
//
// It does what s6-svscan does: lock, control fifo, scans on request, a
// supervisor for each directory by identity (device, inode), log pipes that
// survive both of their ends.
//
// It is not the boot or the shutdown of a container: letters and signals that
// end things are handed to the caller; only scandir mode (Main) obeys them here.
//
// spec: SUP-50 to SUP-59.
package scan
