package log

import "fmt"

// Level of a line. A log shows a line whose level is at most its own.
type Level int32

// The levels, as S6_VERBOSITY counts them.
const (
	Error Level = iota
	Warning
	Info
	Debug
)

// String is the word of a level in a line.
func (l Level) String() string {
	switch l {
	case Error:
		return "fatal"
	case Warning:
		return "warning"
	case Info:
		return "info"
	}
	return "debug"
}

// Sink takes lines. It may be called from several goroutines.
type Sink func(level Level, source, text string)

// Logger writes the lines of one source.
type Logger struct {
	Sink   Sink
	Source string
}

// Errorf writes a line about what ends the container, a service or a start.
func (l Logger) Errorf(format string, a ...any) {
	l.Sink(Error, l.Source, fmt.Sprintf(format, a...))
}

// Warnf writes a line about what somebody should mend.
func (l Logger) Warnf(format string, a ...any) {
	l.Sink(Warning, l.Source, fmt.Sprintf(format, a...))
}

// Infof writes a line about a step.
func (l Logger) Infof(format string, a ...any) {
	l.Sink(Info, l.Source, fmt.Sprintf(format, a...))
}

// Debugf writes a line for who looks for a fault.
func (l Logger) Debugf(format string, a ...any) {
	l.Sink(Debug, l.Source, fmt.Sprintf(format, a...))
}

// Of is the logger of another source to the same sink.
func (l Logger) Of(source string) Logger { return Logger{l.Sink, source} }
