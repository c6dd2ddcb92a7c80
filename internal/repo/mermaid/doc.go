// Package mermaid checks that the pictures of the documentation parse: diagrams in Mermaid, in fenced blocks.
//
// It knows the part of the language that the pages use: flowchart, stateDiagram-v2 and sequenceDiagram, with the usual
// nodes, links, groups and notes. What it does not know, it refuses, also where Mermaid would take it: a page has to use
// the part that is known, or the part has to grow. It does not draw, and does not check what a picture says.
//
// Mermaid's own parser would be the judge of the whole language. It is JavaScript for a browser: with the document that
// it wants, 152 packages and 181 MB, a minute from a registry, and CI has no Node otherwise. The cases of the test were
// shown to release 11 once, and it agrees.
package mermaid
