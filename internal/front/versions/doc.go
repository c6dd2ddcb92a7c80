// Package versions finds out what a container's image consists of: the agent, and what lies below it.
//
//	for _, p := range versions.Of("").Parts(ctx) { … }
//
// It asks the programs themselves, since an image derived from ours may have others. They run without the container's
// environment, in which hermes may have named a library of its own. It is not for decisions at run time: a Python
// has to start.
package versions
