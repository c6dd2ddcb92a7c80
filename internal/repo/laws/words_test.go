package laws

import "testing"

func TestWordsAreOrdinary(t *testing.T) {
	report(t, Words(repository(t), nil), nil)
}

func TestAnUncommonWordIsNamed(t *testing.T) {
	files := map[string]string{
		"docs/guide/a.md":            "# A\n\nThe boot mends it.\n\n```text\nit mends\n```\n\nSo does `container mend`.\n",
		"docs/spec/contract.md":      "The boot mends it.\n",
		"docs/reference/cli.md":      "The boot mends it.\n",
		"internal/front/doctor/a.go": "package doctor\n\n// It mends.\nconst fix = \"give it to hermes\"\n",
	}
	wantOne(t, Words(tree(t, files), nil), `docs/guide/a.md:3: says "mends"; plainer is "fix"`)
	if found := Words(tree(t, files), map[string]string{"docs/guide/a.md": "later"}); len(found) != 0 {
		t.Errorf("want a page of the list left out, got %v", found)
	}
	files["docs/guide/a.md"] = "# A\n"
	wantOne(t, Words(tree(t, files), map[string]string{"docs/guide/a.md": "later"}), "take it from the list")
	files["internal/front/doctor/a.go"] = "package doctor\n\nconst fix = `a\nb, too`\n"
	wantOne(t, Words(tree(t, files), nil), `internal/front/doctor/a.go:4: says ", too"; plainer is "also"`)
}
