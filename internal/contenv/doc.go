// Package contenv is the environment of the container as files: one file a
// variable below /run/s6/container_environment, written by /init at boot,
// added to by cont-init scripts, and read back by with-contenv.
//
// The whole content is the value; one trailing newline belongs to the file and
// not to the value; an empty file takes the variable away.
//
// It is not a store for secrets beyond what docker run -e already is: every
// user of the container may read the directory (contract: ENV-01).
package contenv
