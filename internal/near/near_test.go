package near

import "testing"

func TestTheNearestWord(t *testing.T) {
	known := []string{"start", "status", "stop", "--json", "up", "run"}
	for word, want := range map[string]string{
		"stat": "start", "statsu": "status", "STOP": "stop", "--jsn": "--json", "--JSON": "--json",
		"rnu": "run", "u": "", "so": "", "bogus": "", "": "", "startstart": "",
	} {
		if got := Word(word, known); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
