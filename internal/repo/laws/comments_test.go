package laws

import "testing"

func TestCommentsCiteNothingThatCannotBeFound(t *testing.T) {
	found, err := Comments(repository(t))
	report(t, found, err)
}

func TestABadCommentIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"a section":                 {"a.go", "package a\n\n// As section 7 says.\n", `a.go:3: refers to "section 7"`},
		"a section's sign":          {"a.go", "package a // §3\n", `a.go:1: refers to "§"`},
		"a dagger":                  {"a.go", "package a\n\n/* one\ntwo † */\n", `a.go:4: refers to "†"`},
		"a step of the boot":        {"a.go", "package a\n\n// Boot step 015.\n", `refers to "Boot step 0`},
		"a step's letter":           {"a.go", "package a\n\n// That is B3.\n", `refers to "B3"`},
		"a script":                  {"a.sh", "true # see R2\n", `a.sh:1: refers to "R2"`},
		"a workflow":                {".github/workflows/a.yml", "# step 2\n", `refers to "step 2"`},
		"the recipe":                {"Dockerfile", "# section 3\n", `Dockerfile:1: refers to "section 3"`},
		"a manual page":             {"a.go", "package a\n\n// See proc(5), SUP-12, 0012 and https://example.org/issues/7.\n", ""},
		"a step with its name":      {"a.go", "package a\n\n// The step base comes first.\n", ""},
		"a string":                  {"a.go", "package a\n\nconst a = \"section 7\"\n", ""},
		"a number of a color":       {"a.sh", "echo '#B3'\n", ""},
		"a word that ends in a key": {"a.go", "package a\n\n// The variant UTF-R2D2.\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := Comments(tree(t, map[string]string{c.file: c.text}))
			if c.want == "" {
				report(t, found, err)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantOne(t, found, c.want)
		})
	}
}
