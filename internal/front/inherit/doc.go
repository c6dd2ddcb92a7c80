// Package inherit knows what of the container's variables a profile does not inherit: what can only belong to one
// gateway is the container's own profile's.
//
// The boot writes down which profile that is, in Record. The front takes such variables from the environment of the agent,
// and says so. The agent's start-up hook (container_env.py) reads the same record and the same list: it sees to processes
// of the agent that the front has not started, and to what wins, .env or the container.
//
// contract: INH-02
package inherit
