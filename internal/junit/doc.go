// Package junit writes the results of tests as the XML that continuous integration reads.
//
// Jenkins and GitHub's report actions agree on a core of it: every suite has a name and
// counts, times are decimal seconds, and no control character is in the text. Properties, attachments and
// reruns are left out: they read them differently.
package junit
