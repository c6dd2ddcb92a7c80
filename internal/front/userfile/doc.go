// Package userfile judges the files of a data directory that people write and mount by themselves: .env, config.yaml and the
// like. It says why hermes cannot use one, and what mends that, for boot and doctor in the same words.
//
// It looks at a file with the rights of its caller and changes nothing. What is in a file is for others to read.
//
// contract: SETUP-42, SETUP-43
package userfile
