// Package volumelock tells which container holds a volume, and makes this one the holder.
//
// The holder is the container that runs a gateway on the volume, or wants one up. Its service volume-holder (the verb
// "container hold") has a lock on the first byte of a file at the volume's root, and the file says which container that is.
// The kernel drops the lock when that process dies, so a container that crashed, was killed or was removed holds nothing.
// The second byte is locked while a boot sets the volume up, so that two boots do that one after the other.
//
// Only a write lock on a file that root alone can write to is believed ([Holder.Trusted]): hermes owns the directory and
// can remove or replace the file, which loses its own container the volume, but a lock of hermes refuses nobody a start.
// Who is not root locks a file of its own, which others are warned of.
//
// The lock protects no data, and nothing outside of this image knows it.
package volumelock
