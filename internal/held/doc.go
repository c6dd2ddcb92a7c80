// Package held reaches files through directories that are held by a descriptor, so that nobody who may
// rename or link in a directory can lead its user elsewhere. It is the only place of the project with
// openat, O_NOFOLLOW, renameat and fsync.
//
// One path is resolved by name, once: the anchor's, in [Open]. From there on each step starts at a
// descriptor, no name is opened twice, and what is about to change is looked at through the descriptor
// that will change it. How symbolic links below an anchor count is said once, for all that is below it
// ([Links]).
//
// Size: [Dir.ReadFile] reads regular files of at most [MaxFile] bytes, and [Dir.ReadHead] the beginning of
// one. Neither waits for a fifo, and a device or directory is [ErrNotRegular].
//
// Writing: [Dir.WriteFile] puts a new file in place by rename. A reader sees the old content or the
// new, whatever becomes of the writer. With [Write].Durable both the file and its name are on the disk when it
// returns; that is for what must survive a crash of the machine (the volume, accounts), and
// not for /run, which does not.
//
// spec: SUP-13; contract: SETUP-15
package held
