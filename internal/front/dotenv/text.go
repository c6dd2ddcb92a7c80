package dotenv

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	byteOrderMark = "\uFEFF"
	replacement   = "\uFFFD" // what stands for bytes that are no text
)

// wideEncoding returns the name of the encoding that content begins to be in, "" for one of single bytes.
func wideEncoding(content []byte) string {
	switch {
	case bytes.HasPrefix(content, []byte{0xFF, 0xFE, 0, 0}), bytes.HasPrefix(content, []byte{0, 0, 0xFE, 0xFF}):
		return "UTF-32"
	case bytes.HasPrefix(content, []byte{0xFF, 0xFE}), bytes.HasPrefix(content, []byte{0xFE, 0xFF}):
		return "UTF-16"
	}
	return ""
}

// decode returns the text that the agent's parser gets. The agent repairs a file first, and writes it back if
// that changed something; a file that needed no repair it reads as it lies there.
func decode(content []byte) (string, error) {
	switch wideEncoding(content) {
	case "UTF-32":
		return "", errors.New("UTF-32 text, not UTF-8")
	case "UTF-16":
		text, err := decodeUTF16(content)
		return repair(text), err
	}
	text := unifyLines(strings.ToValidUTF8(string(content), replacement))
	text, marked := strings.CutPrefix(text, byteOrderMark)
	if repaired := repair(text); repaired != text && !strings.HasPrefix(text, replacement) {
		return repaired, nil
	}
	if !utf8.Valid(content) {
		return unifyLines(latin1(content)), nil
	}
	if marked {
		text = byteOrderMark + text
	}
	return text, nil
}

// repair strips lines, other than comments, of NULs and of the blanks around them, and ends the last one.
func repair(text string) string {
	if text == "" {
		return ""
	}
	var out strings.Builder
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		line = strings.ReplaceAll(line, "\x00", "")
		if stripped := strings.TrimFunc(line, isSpace); stripped != "" && stripped[0] != '#' {
			line = stripped
		}
		out.WriteString(line + "\n")
	}
	return out.String()
}

func unifyLines(text string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

// isSpace reports whether Python takes r for white space.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1C && r <= 0x1F }

// latin1 reads each byte as the character of its number.
func latin1(content []byte) string {
	runes := make([]rune, len(content))
	for i, b := range content {
		runes[i] = rune(b)
	}
	return string(runes)
}

func decodeUTF16(content []byte) (string, error) {
	broken := errors.New("UTF-16 text that is cut short, not UTF-8")
	if len(content)%2 != 0 {
		return "", broken
	}
	var order binary.ByteOrder = binary.LittleEndian
	if content[0] == 0xFE {
		order = binary.BigEndian
	}
	var units []uint16
	for rest := content[2:]; len(rest) > 0; rest = rest[2:] {
		units = append(units, order.Uint16(rest))
	}
	return unifyLines(string(utf16.Decode(units))), nil
}
