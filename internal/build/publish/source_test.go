package publish

import "testing"

func TestTheAddressOfACloneIsThatOfItsPage(t *testing.T) {
	for remote, want := range map[string]string{
		"https://git.example/team/hermes.git":         "https://git.example/team/hermes",
		"https://user:secret@git.example/team/hermes": "https://git.example/team/hermes",
		"ssh://git@git.example:22/team/hermes.git":    "https://git.example/team/hermes",
		"git@git.example:team/hermes.git":             "https://git.example/team/hermes",
		"/srv/git/hermes.git":                         "",
		"../hermes":                                   "",
		"":                                            "",
		"file:///srv/git/hermes.git":                  "",
		"https://o:secret@git.example/a/b?token=x":    "https://git.example/a/b",
	} {
		if got := SourceOf(remote); got != want {
			t.Errorf("%q is shown as %q, want %q", remote, got, want)
		}
	}
}
