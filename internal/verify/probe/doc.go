// Package probe looks into a container without asking the image.
//
// A derived image can bring a ps, an id or an s6-svstat of its own, or a libc that lies to all of them. So a
// static program of ours (cmd/hermes-probe) is copied into a volume, which is mounted at Dir, and asks the
// kernel itself. What it answers is one JSON object, which carries back the word that it was asked with: an
// answer without it came from something else.
//
// This package has the questions and answers, as both sides know them; inside looks, on Linux.
package probe
