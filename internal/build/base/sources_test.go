package base

import (
	"strings"
	"testing"
	"time"
)

func TestSourcesBecomeOneFile(t *testing.T) {
	entries, err := parseSources(strings.NewReader(`# written by the tool
deb http://mirror.example/debian trixie main
deb [signed-by="/k y.gpg" arch=amd64] http://mirror.example/debian trixie-updates main
deb http://security.example/debian-security trixie-security main
`))
	if err != nil {
		t.Fatal(err)
	}
	want := `Types: deb
URIs: http://mirror.example/debian
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://security.example/debian-security
Suites: trixie-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`
	if got := deb822(entries); got != want {
		t.Errorf("want\n%s\ngot\n%s", want, got)
	}
}

func TestSourcesWithoutAnEntryAreRefused(t *testing.T) {
	for in, want := range map[string]string{
		"":                          "cannot make apt sources: the bootstrap wrote none",
		"deb-src http://m trixie m": `cannot parse line 1 of the bootstrap's apt sources: "deb-src http://m trixie m"`,
		"\ndeb http://m trixie\n":   `cannot parse line 2 of the bootstrap's apt sources: "deb http://m trixie"`,
	} {
		_, err := parseSources(strings.NewReader(in))
		if err == nil || err.Error() != want {
			t.Errorf("%q: want %q, got %v", in, want, err)
		}
	}
}

func TestTheDateOfARelease(t *testing.T) {
	got, err := releaseDate(strings.NewReader("-----BEGIN PGP SIGNED MESSAGE-----\n\nSuite: stable\nDate: Sat, 21 Nov 2026 09:15:44 UTC\nValid-Until: x\n"))
	if want := time.Date(2026, 11, 21, 9, 15, 44, 0, time.UTC); err != nil || !got.Equal(want) {
		t.Errorf("want %v, got %v, %v", want, got, err)
	}
	for in, want := range map[string]string{
		"Suite: stable\n":     "cannot date the archive: a Release file has no Date line",
		"Date: the other day": "cannot parse the date of a Release file",
	} {
		if _, err := releaseDate(strings.NewReader(in)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: want %q, got %v", in, want, err)
		}
	}
}
