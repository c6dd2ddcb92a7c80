package setup

import (
	"bytes"
	"io"
	"strconv"
	"unicode/utf8"
)

// maxPrinted is how many bytes the boot prints of one program of hermes.
const maxPrinted = 64 << 10

// printed passes the output of a program of hermes on to the container's: what could steer a terminal is escaped, and
// after maxPrinted bytes nothing more comes. A write never fails, so that the program goes on.
type printed struct {
	to   io.Writer
	done int
}

func (p *printed) Write(text []byte) (int, error) {
	if p.done < maxPrinted {
		out := escape(text[:min(len(text), maxPrinted-p.done)])
		if p.done += len(text); p.done >= maxPrinted {
			out = append(out, "…\n"...)
		}
		_, _ = p.to.Write(out)
	}
	return len(text), nil
}

// escape escapes what is not printable, but for newlines and tabs.
func escape(text []byte) []byte {
	var out bytes.Buffer
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if r == '\n' || r == '\t' || strconv.IsPrint(r) && r != utf8.RuneError {
			out.Write(text[:n])
		} else {
			quoted := strconv.QuoteToASCII(string(text[:n]))
			out.WriteString(quoted[1 : len(quoted)-1])
		}
		text = text[n:]
	}
	return out.Bytes()
}

// bounded keeps the first maxPrinted bytes that are written to it.
type bounded struct{ kept bytes.Buffer }

func (b *bounded) Write(text []byte) (int, error) {
	b.kept.Write(text[:min(len(text), maxPrinted-b.kept.Len())])
	return len(text), nil
}
