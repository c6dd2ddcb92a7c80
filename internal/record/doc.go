// Package record is what PID 1 writes down of itself for those who ask whether the container is well: which process it is,
// and which one supervises the services of hermes. In a container that started as root, only root can write it.
//
//	err := record.Write(record.Dir, record.Boot{Init: self, User: &supervisor})
//
// It is read, and not believed without a look, by package bootrecord of the front.
package record
