package memory

import (
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"

	"caduceus/internal/clause"
)

// rss returns the resident sizes of a kind ("RssAnon", "RssFile") of this process, in kB.
func rss(t *testing.T, kind string) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(status), kind+":")
	kb, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kb
}

// touch reads a byte of each page of the program, by its own mapping.
func touch(t *testing.T) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	mem, err := os.Open("/proc/self/mem")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mem.Close() }()
	b := make([]byte, 1)
	for _, a := range readOnly(string(maps), program) {
		for at := a.start; at < a.end; at += 4096 {
			if _, err := mem.ReadAt(b, int64(at)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestWhatNothingUsesIsGivenBack(t *testing.T) {
	clause.Proves(t, "SUP-100")
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // nothing else collects
	fill(64 << 20)
	touch(t)
	anon, file := rss(t, "RssAnon"), rss(t, "RssFile")
	anonNow, fileNow := anon, file
	for range 10 { // the kernel maps what other threads touch meanwhile, and what lies around it
		if err := GiveBack(); err != nil {
			t.Fatal(err)
		}
		anonNow, fileNow = min(anonNow, rss(t, "RssAnon")), min(fileNow, rss(t, "RssFile"))
	}
	if anonNow > anon-(60<<10) {
		t.Errorf("heap and stacks took %d kB, and take %d kB", anon, anonNow)
	}
	if fileNow > file*3/4 {
		t.Errorf("%d kB of the program were mapped, and %d kB are", file, fileNow)
	}
}

// fill takes memory that nothing uses afterwards.
func fill(size int) {
	b := make([]byte, size)
	for i := range b {
		b[i] = 1
	}
}

func TestOnlyWhatNobodyCanHaveWrittenIsUnmapped(t *testing.T) {
	maps := `00400000-00570000 r-xp 00000000 00:2e 123                                /init
00570000-00716000 r--p 00170000 00:2e 123                                /init
00716000-00724000 rw-p 00316000 00:2e 123                                /init
00724000-0075a000 rw-p 00000000 00:00 0
00800000-00900000 r--s 00000000 00:2e 123                                /init
00900000-00a00000 r--p 00000000 00:2e 124                                /init2
00a00000-00b00000 r--p 00000000 00:2e 123                                /init (deleted)
00b00000-00b00000 r--p 00000000 00:2e 123                                /init
x-y r--p 00000000 00:2e 123                                /init
short
`
	want := []area{{0x400000, 0x570000}, {0x570000, 0x716000}}
	if got := readOnly(maps, "/init"); !slices.Equal(got, want) {
		t.Errorf("want %x, got %x", want, got)
	}
}
