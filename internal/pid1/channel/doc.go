// Package channel carries messages between PID 1 and the user's supervisor, typed and of a bounded size, by a socket to
// the supervisor and a pipe from it.
//
// The user's supervisor runs as hermes, so PID 1 believes nothing that comes from it: a message of
// another form ends the conversation, more than Burst messages at once are left in the pipe for a
// while, and no send of PID 1's waits. A pipe brings no descriptors: closing those of hermes could take as long as hermes wants. What the messages may ask of PID 1 is little: to stop the container, which
// hermes may do anyway, and to learn what became of a request of PID 1's own.
//
// spec: SUP-117
package channel
