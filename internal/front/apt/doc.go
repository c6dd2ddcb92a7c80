// Package apt lets the user hermes install Debian packages: with HERMES_ALLOW_APT, a supervised helper runs apt-get as
// root.
//
// A client sends one packet, "update" or "install NAME…", over a unix socket that only root and hermes may use. The helper
// answers with packets of output, then one with the exit code. A request is a verb and names of packages: the helper
// itself chooses all arguments, environment and directory of apt-get. What was installed is listed in the volume, so that
// a new container can install it again.
//
// This is no sandbox: the scripts of a package run as root, so a user who may install any package of Debian can become
// root of the container.
package apt
