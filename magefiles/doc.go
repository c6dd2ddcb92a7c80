//go:build mage

// Builds, tests and publishes the container image of the Hermes Agent.
package main
