// Package gateway is what the front and the boot know about supervised gateways: whether `gateway run`
// becomes a supervised service (Decide), what a slot's directory looks like (Slot), how it gets into the
// scandir and out of it (Scandir), and what a start, stop or restart does besides the control letter
// (Control).
//
// Decide and ParseRun are functions from values to values. The effects are in scandir.go and control.go,
// behind small structs whose fields a test can set. It prints nothing: what a user reads is written in
// internal/front/cli.
package gateway
