// Package below writes down what lies below the agent: which versions an image ships, which are the newest in their
// registries, and which vulnerabilities the changelogs of Debian's packages name as fixed.
//
//	asked, err := below.Parse(answers)   // of Script, run in the image
//	table := below.Make(tree, asked, day)
//
// The table is a file of the repository (File), from which a page is made. It is not for decisions of a build or a test: what
// a registry has is true on one day.
package below
