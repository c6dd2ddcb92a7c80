package channel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Kind is what a message asks for or reports.
type Kind uint8

// Messages of PID 1. Requests have an ID and are answered by Done.
const (
	Scan    Kind = iota + 1 // request: look for services, answer when those found can be asked
	Up                      // request: bring Name up; Number is not 0 if it has to be ready, too
	Stop                    // request: stop Name, or all but those named in Text; KILL after Number milliseconds, or what each asks for up to Limit
	Loggers                 // request: end the loggers, TERM after Number milliseconds
	Report                  // request: a Line for each service
	Ping                    // request: answer at once
	Down                    // bring Name down
	Link                    // show the service Name, which is PID 1's own, as a link to Text
	Freeze                  // start nothing any more
	Exited                  // the orphan with the pid ID, which started at the tick Limit, ended with the wait status Number
	Prune                   // stop what has left the scandir
	Open                    // open the scandir, and log at the verbosity Number: the first message
)

// Messages of the user's supervisor.
const (
	Ready  Kind = iota + 64 // the scandir is open
	Done                    // the request ID is done; Text is why not, "" if all went well
	Line                    // of the Report ID: Name, and in Text what it does and why
	Letter                  // the control letter Number, which concerns the container
)

// Bounds of a message, in bytes.
const (
	maxName = 255
	maxText = 512
	header  = 1 + 4 + 8 + 8 + 2 + 2
	// MaxSize is that of a whole message.
	MaxSize = header + maxName + maxText
)

// Message is one message of either side.
type Message struct {
	Kind   Kind
	ID     uint32
	Number int64
	Limit  int64
	Name   string
	Text   string
}

// ErrForm is wrapped where bytes are not a message.
var ErrForm = errors.New("not a message")

// encode cuts a text that is too long: it is for people. A name that is too long is an error.
func (m Message) encode() ([]byte, error) {
	if len(m.Name) > maxName {
		return nil, fmt.Errorf("%w: a name of %d bytes", ErrForm, len(m.Name))
	}
	if len(m.Text) > maxText {
		m.Text = strings.ToValidUTF8(m.Text[:maxText], "")
	}
	b := make([]byte, 0, header+len(m.Name)+len(m.Text))
	b = append(b, byte(m.Kind))
	b = binary.BigEndian.AppendUint32(b, m.ID)
	b = binary.BigEndian.AppendUint64(b, uint64(m.Number))
	b = binary.BigEndian.AppendUint64(b, uint64(m.Limit))
	b = binary.BigEndian.AppendUint16(b, uint16(len(m.Name)))
	b = binary.BigEndian.AppendUint16(b, uint16(len(m.Text)))
	b = append(b, m.Name...)
	return append(b, m.Text...), nil
}

// sizeOf is the size of the message that begins with this header.
func sizeOf(head []byte) (int, error) {
	name, text := int(binary.BigEndian.Uint16(head[21:])), int(binary.BigEndian.Uint16(head[23:]))
	if name > maxName || text > maxText {
		return 0, fmt.Errorf("%w: lengths %d and %d", ErrForm, name, text)
	}
	return header + name + text, nil
}

// decode takes a message that fills b to the last byte. A name is one that a service may have.
func decode(b []byte) (Message, error) {
	if len(b) < header || len(b) > MaxSize {
		return Message{}, fmt.Errorf("%w: %d bytes", ErrForm, len(b))
	}
	m := Message{
		Kind:   Kind(b[0]),
		ID:     binary.BigEndian.Uint32(b[1:]),
		Number: int64(binary.BigEndian.Uint64(b[5:])),
		Limit:  int64(binary.BigEndian.Uint64(b[13:])),
	}
	size, err := sizeOf(b)
	if err != nil || size != len(b) {
		return Message{}, fmt.Errorf("%w: %d bytes", ErrForm, len(b))
	}
	name := int(binary.BigEndian.Uint16(b[21:]))
	m.Name, m.Text = string(b[header:header+name]), string(b[header+name:])
	if !known(m.Kind) || strings.ContainsAny(m.Name, "\x00\n") || strings.HasPrefix(m.Name, ".") {
		return Message{}, fmt.Errorf("%w: kind %d, name %q", ErrForm, m.Kind, m.Name)
	}
	return m, nil
}

func known(k Kind) bool { return k >= Scan && k <= Open || k >= Ready && k <= Letter }
