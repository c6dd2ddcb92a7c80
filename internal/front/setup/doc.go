// Package setup is cont-init 01 and 015: it makes the volume and the user fit each other before
// anything of the agent starts. It remaps hermes, repairs ownership, seeds missing files, migrates
// an old configuration, and writes down what the image finds out about its surroundings.
//
// Each step is small: a decision from values to values, then an effect. What needs root comes first
// and touches the volume only through file descriptors, never through a symlink; all the rest works
// with the file rights of hermes. A step that fails says so and the boot goes on. Every step may run
// again in a live container.
//
// It is not the reconciler (internal/front/reconcile makes the slots), it does not start services, and it
// never writes state that belongs to the agent's gateway.
package setup
