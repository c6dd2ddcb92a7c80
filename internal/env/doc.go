// Package env is the environment of the container: the variables that its programs read, the files that
// carry them from /init to whatever starts later, and PATH.
//
// Each variable is a constant. Its type is the kind of value that it takes, and the only way to read it;
// its text is its name and, after "=", its default. What a variable is for stands in the reference
// (internal/repo/variables), not here: PID 1 holds no prose.
//
//	if env.AllowApt.On(environ) { … }
//
// The files lie below Dir, one for each variable: the whole content is the value, one trailing newline
// belongs to the file and not to the value, and an empty file takes the variable away. Every user of the
// container may read them, as everybody who may run docker inspect may read docker run -e.
package env
