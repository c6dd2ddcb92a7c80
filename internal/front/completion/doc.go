// Package completion makes the script that lets a shell complete `hermes`: the agent's own script, which
// knows the agent's verbs, and after it what the agent cannot know: the front's verbs with their flags,
// and the profiles of this image. The script wraps the function that the agent registers and edits
// nothing of it but one condition of fish, so that another agent's script serves as well.
//
// The caller brings the agent's script; the shell asks `hermes container profiles` for names when it
// completes one.
package completion
