// Package procfs reads what the kernel says of processes and of the machine below /proc.
package procfs
