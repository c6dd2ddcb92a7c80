// Package held opens, makes and writes files in directories that other users may write to.
//
// Between two uses of one path, such a user can put a symbolic link or another file in its place. So [Open]
// resolves a path once and holds the directory by a descriptor. All that follows is relative to that descriptor,
// no name is opened twice, and owner and mode are changed through the descriptor that was checked. The package is
// the project's only place for openat, O_NOFOLLOW, renameat and fsync.
//
//   - Links: each [Dir] has one rule for symbolic links below it ([Links]).
//   - Reading: [Dir.ReadFile] reads a regular file of at most [MaxFile] bytes, [Dir.ReadHead] the beginning of one.
//     They wait for no fifo; a fifo, device or directory is [ErrNotRegular].
//   - Writing: [Dir.WriteFile] replaces a file by rename, so that a reader sees the old content or the new.
//     A file that is a mount of its own is written in place instead.
//     With [Write].Durable it calls fsync for the file and its directory. That is for the volume and for
//     accounts; what is below /run does not survive a crash of the machine anyway.
//
// spec: SUP-13; contract: SETUP-15
package held
