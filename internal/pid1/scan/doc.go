// Package scan owns a scandir: which services exist, and their log pipes.
//
// It does what s6-svscan does: lock, control fifo, scans on request, a supervisor for each directory
// by identity (device, inode), log pipes that survive both of their ends. Letters and signals that end
// a container go to the caller; only scandir mode (Main) obeys them here.
//
// spec: SUP-50
package scan
