package mermaid

import (
	"fmt"
	"strings"
	"testing"
)

func TestDiagramsParse(t *testing.T) {
	t.Parallel()
	for name, diagram := range map[string]string{
		"flowchart": `flowchart LR
  %% a comment
  you([you]) -- "docker run, docker exec" --> init
  subgraph box["the container"]
    direction TB
    init["/init (root), PID 1"] --> gateway["gateway (hermes)"]
    a{"a path?"} -- no --> b[(data)]
    a -- "yes, with --no-supervise" --> d
    a -. "cannot" .-> b
    c1 ==> c2
    x & y & z-1 --> volume[("/opt/data<br>keys")]
  end
  gateway <--> chat([Telegram, Discord, …]) --- data:::big
  a -->|yes| b -. no .-> c
  classDef big fill:#fff
  style a fill:#f9f`,
		"states": `stateDiagram-v2
  [*] --> Down: new profile
  Down --> Up
  state "in a loop" as Loop
  state Group {
    Up --> Loop: after 2 s, 4 s … 5 min
  }
  Loop: waits
  note right of Up: it runs
  Up --> [*]`,
		"sequence": `sequenceDiagram
  autonumber
  participant E as the engine
  actor I
  E->>+I: docker stop (SIGTERM)
  loop each service
    I-->>-E: exit code 0, at most 9.5 s later
  end
  alt a
    E-xI: lost
  else b
    Note over E,I: nothing
  end`,
	} {
		if found := Check(diagram); len(found) != 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
}

func TestABrokenDiagramIsNamedByItsLine(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ diagram, want string }{
		"nothing":                    {"", "1: is empty"},
		"an unknown kind":            {"pie\n", `1: "pie" begins no known diagram`},
		"brackets without quotes":    {"flowchart LR\n  a --> b[gateway (hermes)]", `2: "a --> b[gateway (hermes)]" has no link at "[gateway (hermes)]"`},
		"a quote that is not ended":  {"flowchart LR\n  a[\"x] --> b", "2: "},
		"a link to nothing":          {"flowchart LR\n  a -->", "2: "},
		"half an arrow":              {"flowchart LR\n  a -> b", "2: "},
		"two nodes without a link":   {"flowchart LR\n  a b", "2: "},
		"a node called end":          {"flowchart LR\n  a --> end", `2: "a --> end" names a node "end"`},
		"a group that is not ended":  {"flowchart LR\n  subgraph a\n  b --> c", "3: 1 groups are not ended"},
		"an end too many":            {"flowchart LR\n  end", "2: \"end\" ends no group"},
		"a transition with one dash": {"stateDiagram-v2\n  A -> B", "2: "},
		"a transition without text":  {"stateDiagram-v2\n  A --> B:", "2: "},
		"a state that is not ended":  {"stateDiagram-v2\n  state A {\n  B --> C", "3: 1 groups"},
		"a message without text":     {"sequenceDiagram\n  A->>B", "2: "},
		"a message with a semicolon": {"sequenceDiagram\n  A->>B: x; y", "2: "},
		"an else of nothing":         {"sequenceDiagram\n  else x", "2: \"else x\" is in no group"},
	} {
		found := Check(c.diagram)
		if len(found) != 1 || !strings.HasPrefix(fmt.Sprintf("%d: %s", found[0].Line, found[0].Text), c.want) {
			t.Errorf("%s: want %q, got %v", name, c.want, found)
		}
	}
}
