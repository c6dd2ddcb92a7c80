// Package junit writes the results of tests as the XML that continuous integration reads.
//
// Jenkins and GitHub's report actions agree on a core of it: every suite has a name and
// counts, times are decimal seconds, and no control character is in the text. That core is
// what is written here, and not properties, attachments and reruns, which they read
// differently.
package junit
