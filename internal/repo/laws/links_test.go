package laws

import "testing"

func TestLinksLeadSomewhere(t *testing.T) {
	report(t, Links(repository(t)), nil)
}

func TestADeadLinkIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ link, want string }{
		"a file":                 {"../b.md", ""},
		"a folder":               {"..", ""},
		"a heading":              {"../b.md#what-is-new-01", ""},
		"a heading of the page":  {"#here", ""},
		"a named anchor":         {"../b.md#gw-01", ""},
		"a missing anchor":       {"../b.md#gw-02", "no such heading or anchor"},
		"another site":           {"https://example.org/x.md", ""},
		"a missing file":         {"b.md", "docs/a.md:3: links to \"b.md\": there is no such file"},
		"a missing heading":      {"../b.md#gone", "no such heading"},
		"a heading of no page":   {"#gone", "no such heading"},
		"a heading in a folder?": {"..#gone", "a folder has no headings"},
	} {
		t.Run(name, func(t *testing.T) {
			found := Links(tree(t, map[string]string{
				"docs/a.md": "# Here\n\nsee [it](" + c.link + ").\n", "b.md": "## What is new: 01\n\n<a id=\"gw-01\"></a>**GW-01** One.\n",
			}))
			if c.want == "" {
				report(t, found, nil)
			} else {
				wantOne(t, found, c.want)
			}
		})
	}
}
