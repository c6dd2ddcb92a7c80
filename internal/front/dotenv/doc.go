// Package dotenv reads a .env file as the agent reads it when it starts: with python-dotenv, after a repair of
// the lines. The boot must know what the agent will find there, and a user what the agent will not find.
//
// testdata/agent.json has what the agent made of odd files; a test of tests/docker/chat asks the agent of an
// image again. One thing differs: where two assignments run together on a line, the agent takes them apart if
// it knows both names. Here the second is a part of the first one's value.
package dotenv
