package static

import "testing"

func TestAnEntryOfTheHistoryLeadsToItsLine(t *testing.T) {
	lines := parseDockerfile(`# comment
FROM hermes-agent:dev
ENV A b
ENV PATH="/x:$PATH"
RUN apt-get update \
    && apt-get install -y jq

# another
COPY --chown=1:1 a b /etc/cont-init.d/
ENTRYPOINT ["/bin/sh", "-c"]
USER hermes
USER root
USER hermes
HEALTHCHECK NONE
`)
	for entry, want := range map[string]int{
		"/bin/sh -c #(nop)  ENV A=b": 3,
		"ENV A=b":                    3,
		"ENV PATH=/x:$PATH":          4,
		"RUN /bin/sh -c apt-get update     && apt-get install -y jq # buildkit": 5,
		"/bin/sh -c apt-get update     && apt-get install -y jq":                5,
		"/bin/sh -c #(nop) COPY multi:0a1b in /etc/cont-init.d/ ":               9,
		"COPY a b /etc/cont-init.d/ # buildkit":                                 9,
		`/bin/sh -c #(nop)  ENTRYPOINT ["/bin/sh" "-c"]`:                        10,
		`ENTRYPOINT ["/bin/sh" "-c"]`:                                           10,
		"/bin/sh -c #(nop)  USER hermes":                                        13,
		`HEALTHCHECK &{["NONE"] "0s" "0s" "0s" '\x00'}`:                         14,
		"RUN something else":                                                    0,
	} {
		got, found := lines.Of(entry)
		if got != want || found != (want != 0) {
			t.Errorf("%q: line %d, want %d", entry, got, want)
		}
	}
}
