// Package command is the form of the front's command tree: what a verb has to say about itself, how a
// command line is read against the tree, and how help looks.
//
// The tree is made of cobra's commands, as New makes them. Routing (Find), parsing (Run), help, shell
// completion and the generated reference all read that one tree; nothing else lists verbs or flags.
// cobra's own Execute is not used: it finds the verb again, and takes a flag before it for its own,
// while most words of a command line are the agent's and have to reach it untouched.
package command
