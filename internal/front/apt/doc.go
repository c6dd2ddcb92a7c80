// Package apt lets the user hermes install Debian packages without being root: a supervised helper
// runs apt-get for it, where the operator has allowed that with HERMES_ALLOW_APT.
//
// A client sends one packet, "update" or "install NAME…", over a unix socket that only root and hermes
// may use; the helper answers with packets of output and, last, the exit code. Nothing but a verb and
// package names crosses that line: arguments, environment and directory of apt-get are fixed here.
// What was installed is listed in the volume, so that a new container can install it again.
//
// The package is not a front of apt in general, and it is no sandbox: a package's own scripts run as
// root. Whoever may install any package of Debian may become root of the container.
package apt
