// Package podman runs the image under test on Podman, as root and as a person without rights: the gateway, restarts, profiles, the
// Kubernetes manifest, what Podman's own generator makes of the Quadlet units, and hermes-verify by Podman's Docker API.
//
// The tests stand behind the build tag docker; "go tool mage test:podman" brings Podman and the image. They need root: they make a
// person for themselves, with a home and ids of its own, and remove it. Podman's storage is a directory of the run, so that
// containers and images of others are not touched. Systemd is not run, and what only it would do is not proved here.
package podman
