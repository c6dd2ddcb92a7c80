// Package fixattrs does what the files of /etc/fix-attrs.d ask for, a deprecated way of s6-overlay to
// give files their owners and modes at each boot. New images set both when they are built.
//
// A rule never leaves the directory that it names: symbolic links are left alone.
//
// spec: SUP-67
package fixattrs
