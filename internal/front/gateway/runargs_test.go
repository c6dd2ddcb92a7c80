package gateway

import (
	"strings"
	"testing"

	"caduceus/internal/clause"
)

func TestWhichCommandLinesRunTheGateway(t *testing.T) {
	clause.Proves(t, "GW-03")
	cases := map[string]struct {
		want RunArgs
		ok   bool
	}{
		"gateway":                                 {ok: true},
		"gateway run":                             {ok: true},
		"gateway run -v":                          {ok: true},
		"gateway run -vvq":                        {ok: true},
		"gateway run -q --replace --force":        {ok: true},
		"gateway run --external-supervisor":       {ok: true},
		"gateway run --accept-hooks":              {ok: true},
		"gateway --accept-hooks run":              {ok: true},
		"gateway --accept-hooks":                  {ok: true},
		"--accept-hooks gateway run":              {ok: true},
		"gateway run --verbose --quiet":           {ok: true},
		"gateway run --no-supervise":              {RunArgs{NoSupervise: true}, true},
		"gateway run -v --no-supervise --replace": {RunArgs{NoSupervise: true}, true},
		"gateway run --no-sup":                    {RunArgs{NoSupervise: true}, true},
		"gateway run --help":                      {RunArgs{Help: true}, true},
		"gateway run -vh":                         {RunArgs{Help: true}, true},
		"gateway --no-supervise":                  {},
		"gateway -v":                              {},
		"gateway run --bogus":                     {},
		"gateway run --no-supervise=1":            {},
		"gateway run -x":                          {},
		"gateway run -":                           {},
		"gateway run --":                          {},
		"gateway run now":                         {},
		"gateway start":                           {},
		"gateway setup":                           {},
		"run":                                     {},
		"":                                        {},
		"dashboard gateway run":                   {},
	}
	for line, c := range cases {
		got, ok := ParseRun(strings.Fields(line))
		if got != c.want || ok != c.ok {
			t.Errorf("ParseRun(%q) = %+v, %v; want %+v, %v", line, got, ok, c.want, c.ok)
		}
	}
}
