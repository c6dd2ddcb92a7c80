// Package pip turns the command lines that people and the agent's own hints use for Python packages into one of uv that works in
// this image: the agent's environment is sealed, packages of hermes lie on the volume, and python3 finds them there.
//
// It runs nothing. Which Python looks on the volume is decided in libexec/container_env.py.
//
// contract: TOOL-18
package pip
