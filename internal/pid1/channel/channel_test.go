package channel

import (
	"errors"
	"io"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"caduceus/internal/clause"
)

func pair(t *testing.T) (near, far *Conn) {
	t.Helper()
	near, files, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	var fds [2]int
	for i, file := range files {
		if fds[i], err = unix.Dup(int(file.Fd())); err != nil {
			t.Fatal(err)
		}
	}
	_ = files.Close()
	far, err = Use(fds[0], fds[1])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	return near, far
}

func TestWhatIsSaidIsHeard(t *testing.T) {
	clause.Proves(t, "SUP-117")
	t.Parallel()
	near, far := pair(t)
	for _, m := range []Message{
		{Kind: Ping, ID: 7},
		{Kind: Stop, ID: math.MaxUint32, Number: math.MinInt64, Limit: -1, Name: "gateway-default"},
		{Kind: Done, Text: "cannot start: ü\nline"},
		{Kind: Link, Name: strings.Repeat("n", maxName), Text: strings.Repeat("t", maxText)},
	} {
		if err := near.Send(m); err != nil {
			t.Fatal(err)
		}
		got, err := far.Receive()
		if diff := cmp.Diff(m, got); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
	if err := near.Send(Message{Kind: Up, Name: strings.Repeat("n", maxName+1)}); !errors.Is(err, ErrForm) {
		t.Errorf("a name that is too long: %v", err)
	}
	_ = near.Close()
	if _, err := far.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("after the other side has gone: %v", err)
	}
}

func TestWhatIsNoMessageIsRefused(t *testing.T) {
	clause.Proves(t, "SUP-117")
	t.Parallel()
	good, err := Message{Kind: Done, ID: 1, Name: "a", Text: "b"}.encode()
	if err != nil {
		t.Fatal(err)
	}
	change := func(at int, b byte) []byte {
		bad := append([]byte(nil), good...)
		bad[at] = b
		return bad
	}
	for name, b := range map[string][]byte{
		"nothing": {}, "a byte": {1}, "no text": good[:len(good)-1], "a byte more": append(append([]byte(nil), good...), 'x'),
		"unknown kind": change(0, 63), "no kind": change(0, 0), "long name": change(21, 2), "long text": change(23, 0xff),
		"name of a hidden entry": change(header, '.'), "name with a newline": change(header, '\n'),
		"huge": make([]byte, MaxSize+1),
	} {
		if m, err := decode(b); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %+v, %v", name, m, err)
		}
	}
}

func TestAFloodIsLeftInTheSocket(t *testing.T) {
	clause.Proves(t, "SUP-117")
	t.Parallel()
	near, far := pair(t)
	now, waited := time.Unix(0, 0), time.Duration(0)
	near.last, near.now = now, func() time.Time { return now.Add(waited) }
	near.pause = func(d time.Duration) { waited += d }
	const many = Burst + 2*Rate
	for range many {
		if err := far.Send(Message{Kind: Ready}); err != nil {
			t.Fatal(err)
		}
		if _, err := near.Receive(); err != nil {
			t.Fatal(err)
		}
	}
	if waited < 1900*time.Millisecond || waited > 2100*time.Millisecond {
		t.Errorf("%d messages took %v, want 2 s", many, waited)
	}
}

func TestASendDoesNotWait(t *testing.T) {
	clause.Proves(t, "SUP-117")
	t.Parallel()
	near, _ := pair(t)
	var err error
	for i := 0; i < 1<<20 && err == nil; i++ {
		err = near.Send(Message{Kind: Exited, ID: uint32(i)})
	}
	if !errors.Is(err, unix.EAGAIN) {
		t.Errorf("to one that does not listen: %v, want %v", err, unix.EAGAIN)
	}
}

func TestOnlyTheEndOfAChannelIsUsed(t *testing.T) {
	t.Parallel()
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	_, far, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = far.Close() }()
	null, in, out := int(f.Fd()), int(far[0].Fd()), int(far[1].Fd())
	for _, fds := range [][2]int{{null, out}, {in, null}, {out, in}, {1 << 20, out}, {in, 1 << 20}} {
		if _, err := Use(fds[0], fds[1]); err == nil {
			t.Errorf("descriptors %v were taken for a channel", fds)
		}
	}
}

// A descriptor that PID 1 is sent is one that PID 1 has to close, and that may take as long as its sender wants.
func TestNoDescriptorReachesPID1(t *testing.T) {
	clause.Proves(t, "SUP-117")
	t.Parallel()
	_, far, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = far.Close() }()
	rights := unix.UnixRights(int(os.Stdin.Fd()))
	for name, f := range map[string]*os.File{"hears": far[0], "says": far[1]} {
		if err := unix.Sendmsg(int(f.Fd()), []byte("x"), rights, nil, unix.MSG_NOSIGNAL); err == nil {
			t.Errorf("the other side sent a descriptor by what it %s", name)
		}
	}
}

// What is said in parts, or in one piece with the next, is heard all the same; what ends in the middle is the end.
func TestMessagesHaveTheirOwnBounds(t *testing.T) {
	clause.Proves(t, "SUP-117")
	t.Parallel()
	near, far := pair(t)
	var all []byte
	for i := range uint32(3) {
		b, err := Message{Kind: Done, ID: i, Text: "text"}.encode()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	for _, part := range [][]byte{all[:1], all[1:header], all[header : header+30], all[header+30 : len(all)-1]} {
		if _, err := far.out.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	for i := range uint32(2) {
		if m, err := near.Receive(); err != nil || m.ID != i || m.Text != "text" {
			t.Errorf("message %d: %+v, %v", i, m, err)
		}
	}
	_ = far.Close()
	if _, err := near.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("half a message: %v, want %v", err, io.EOF)
	}
}

func FuzzDecode(f *testing.F) {
	clause.Proves(f, "SUP-117")
	for _, m := range []Message{{Kind: Ready}, {Kind: Done, ID: 3, Text: "no"}, {Kind: Line, Name: "a", Text: "up\x00in user"}, {Kind: Letter, Number: 't'}} {
		b, err := m.encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := decode(b)
		if err != nil {
			return
		}
		again, err := m.encode()
		if err != nil || string(again) != string(b) {
			t.Errorf("%+v is %q again, was %q (%v)", m, again, b, err)
		}
	})
}
