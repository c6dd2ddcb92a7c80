// Package output stands between a service and the output of the init: it puts a prefix before each line, and lets only so
// many bytes pass in a minute.
//
// spec: SUP-24
package output
