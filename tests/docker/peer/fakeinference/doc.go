// Command fakeinference serves package inference; it is the one file of a
// container's image.
//
// Its flags are those of the servers that it stands in for, as far as the user's
// guide uses them. Ollama takes its port from no flag: its container gets --port.
package main
