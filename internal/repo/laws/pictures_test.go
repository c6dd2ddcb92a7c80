package laws

import "testing"

func TestPicturesParse(t *testing.T) {
	report(t, Pictures(repository(t)), nil)
}

func TestABrokenPictureIsNamed(t *testing.T) {
	page := "# A page\n\n```mermaid\nflowchart LR\n  a --> b\n  a --> c[gateway (hermes)]\n```\n\n```sh\na -> b\n```\n"
	wantOne(t, Pictures(tree(t, map[string]string{"docs/a.md": page})), "docs/a.md:6: the diagram does not parse: ")
}
