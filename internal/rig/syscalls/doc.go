// Package syscalls reads what strace saw of processes: who made each call, with whose rights, and what it names.
//
// The text is that of strace with -f -y --decode-pids=pidns -o FILE, which traces at least clone, clone3, fork and vfork;
// %creds and %process, too, where Root and Program are asked for. It judges nothing: what a process may do, the tests say.
package syscalls
