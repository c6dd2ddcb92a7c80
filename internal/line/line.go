// Package line reads lines that this repository wrote with the verbs %d, %s, %t, %q and, for bytes, %x of fmt. PID 1 needs
// no more of fmt.Sscanf, which would make it 3 % larger.
package line

import (
	"encoding/hex"
	"errors"
	"reflect"
	"strconv"
	"strings"
)

// ErrForm is returned for a text of another form.
var ErrForm = errors.New("it has another form")

// Scan reads a text that was written with a form into variables, by their addresses, one for each verb. All else in the form
// has to be in the text as it is; but the end of the text may stand for a newline at the end of the form, and what comes
// behind the form does not matter. After an error some of the variables are set.
func Scan(text, form string, into ...any) error {
	for form != "" {
		switch {
		case form[0] == '%':
			word := first(text, form[1])
			if !set(reflect.ValueOf(into[0]).Elem(), word, form[1]) {
				return ErrForm
			}
			text, form, into = text[len(word):], form[2:], into[1:]
		case text == "" && form == "\n":
			return nil
		case text == "" || text[0] != form[0]:
			return ErrForm
		default:
			text, form = text[1:], form[1:]
		}
	}
	return nil
}

// first is the beginning of a text that a verb has written.
func first(text string, verb byte) string {
	switch verb {
	case 'q':
		quoted, _ := strconv.QuotedPrefix(text) // "" is no value
		return quoted
	case 'd':
		sign := len(text) - len(strings.TrimPrefix(text, "-"))
		return text[:len(text)-len(strings.TrimLeft(text[sign:], "0123456789"))]
	}
	if end := strings.IndexAny(text, " \t\r\n"); end >= 0 {
		return text[:end]
	}
	return text
}

// set sets a variable to what a verb has written, and reports whether it is a value of that type.
func set(v reflect.Value, word string, verb byte) bool {
	switch {
	case word == "":
		return false
	case verb == 'q':
		text, err := strconv.Unquote(word)
		v.SetString(text)
		return err == nil
	case verb == 's':
		v.SetString(word)
		return true
	case verb == 't':
		v.SetBool(word == "true")
		return word == "true" || word == "false"
	case verb == 'x':
		bytes, err := hex.DecodeString(word)
		v.SetBytes(bytes)
		return err == nil
	case v.CanUint():
		n, err := strconv.ParseUint(word, 10, v.Type().Bits())
		v.SetUint(n)
		return err == nil
	}
	n, err := strconv.ParseInt(word, 10, v.Type().Bits())
	v.SetInt(n)
	return err == nil
}
