// Package variables is the table of the environment variables that people may set or meet: what each one is
// for, in one sentence, and whose it is. The reference (docs/reference/environment.md) is made from it.
//
// Names, kinds and defaults of those that our programs read stand in internal/env, and a test compares the
// two. Variables of the agent itself are here only where the image passes them on by a documented recipe.
package variables
