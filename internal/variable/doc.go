// Package variable lists the environment variables that people may set: what each one is for, which
// values mean yes, what holds when it is unset, and who reads it. The code asks the table how to read a
// switch, and the reference (docs/reference/environment.md) is made from it, so that the two cannot
// disagree.
//
// It is not a reader of the environment: callers look values up where they must come from. Variables
// of the agent itself are here only where the image passes them on by a documented recipe.
package variable
