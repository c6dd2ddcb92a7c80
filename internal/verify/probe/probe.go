package probe

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// NewDir is where the probe lies in the containers of one run. No image can know the name: what lies there was mounted, and
// nobody in the container can put anything else in its place.
func NewDir() string { return "/.hermes-probe-" + strings.ToLower(rand.Text()[:10]) }

// Program is the probe in such a folder.
func Program(dir string) string { return dir + "/probe" }

// Limits of what it reports, so that a container cannot flood who asked.
const (
	MaxProcesses = 4096
	MaxContent   = 1 << 20 // bytes of a file
	MaxCommand   = 4096    // bytes of a command line
	MaxExposed   = 20      // files of a tree
)

// The questions.
const (
	Processes = "processes" // every process of the container
	Files     = "files"     // PATH...: what lies there; links are not followed
	Content   = "content"   // PATH: the beginning of a regular file
	Slot      = "slot"      // DIR...: what a service directory's supervisor says
	Exposed   = "exposed"   // DIR: what lies below it that others than root may change, or that not everyone may read
	Tools     = "tools"     // NAME...: the programs of these names, and the libraries that they load
	Wait      = "wait"      // nothing: it waits for SIGTERM, in the place of a main program
)

// Answer is what the probe prints.
type Answer struct {
	Word      string    `json:"word"`
	Question  string    `json:"question"`
	Error     string    `json:"error,omitempty"`
	Cut       bool      `json:"cut,omitempty"` // there was more than the limits allow
	Processes []Process `json:"processes,omitempty"`
	Files     []File    `json:"files,omitempty"`
	Content   []byte    `json:"content,omitempty"`
	Slots     []State   `json:"slots,omitempty"`
	Tools     []Tool    `json:"tools,omitempty"`
	Preloaded []string  `json:"preloaded,omitempty"` // what the loader brings into every program, or changes for it
}

// Process is a process as the kernel shows it below /proc.
type Process struct {
	PID     int       `json:"pid"`
	Parent  int       `json:"parent"`
	State   string    `json:"state"` // R, S, D, Z, T, …
	UIDs    [4]uint32 `json:"uids"`  // real, effective, saved, file system
	Comm    string    `json:"comm"`
	Command []string  `json:"command"` // empty for a zombie
}

// File is what lies at a path.
type File struct {
	Path   string `json:"path"`
	Error  string `json:"error,omitempty"` // why nothing else is known: "no such file or directory"
	Type   string `json:"type,omitempty"`  // file, directory, link, fifo, socket, device
	Mode   uint32 `json:"mode"`            // permissions with setuid, setgid and sticky: 0o7777
	UID    uint32 `json:"uid"`
	GID    uint32 `json:"gid"`
	Size   int64  `json:"size"`
	Target string `json:"target,omitempty"` // of a link
	End    *File  `json:"end,omitempty"`    // what a link leads to at last
}

// Followed is what lies at the path for who follows links.
func (f File) Followed() File {
	if f.End != nil {
		return *f.End
	}
	return f
}

// Tool is a program that a name leads to along PATH, or a library that such a program loads.
type Tool struct {
	Name     string `json:"name"`
	Path     string `json:"path,omitempty"`     // "": there is none
	Real     string `json:"real,omitempty"`     // without links
	Error    string `json:"error,omitempty"`    // why nothing else is known
	Sum      string `json:"sum,omitempty"`      // MD5, as dpkg records it
	Package  string `json:"package,omitempty"`  // that brought it; "": none
	Recorded string `json:"recorded,omitempty"` // MD5 that it brought
}

// Strange says what is wrong with a tool, "" for nothing: it is of no package, or no longer what its package brought.
func (t Tool) Strange() string {
	at := fmt.Sprintf("%q", t.Path)
	if t.Real != t.Path {
		at += fmt.Sprintf(", a link to %q,", t.Real)
	}
	switch {
	case t.Path == "":
		return ""
	case t.Error != "":
		return fmt.Sprintf("%s cannot be read: %s", at, t.Error)
	case t.Recorded == "":
		return at + " is of no package"
	case t.Sum != t.Recorded:
		return fmt.Sprintf("%s is not what package %q brought", at, t.Package)
	}
	return ""
}

// State is what a supervisor says of its service.
type State struct {
	Dir        string `json:"dir"`
	Error      string `json:"error,omitempty"`
	Supervised bool   `json:"supervised"`
	Up         bool   `json:"up"`
	WantUp     bool   `json:"want_up"`
	Ready      bool   `json:"ready"`
	Paused     bool   `json:"paused"`
	PID        int    `json:"pid"`
}

// ErrDisturbed is an answer that is not the probe's: cut short, changed, or of something else.
var ErrDisturbed = errors.New("the probe was disturbed")

// Ask returns the command that asks the probe in a folder a question.
func Ask(dir, word, question string, operands ...string) []string {
	return append([]string{Program(dir), word, question}, operands...)
}

// Read takes an answer apart. Anything but exactly one object that carries word and question is ErrDisturbed;
// an error that the probe itself met is returned as it is.
func Read(output []byte, word, question string) (Answer, error) {
	d := json.NewDecoder(bytes.NewReader(output))
	d.DisallowUnknownFields()
	var a Answer
	if err := d.Decode(&a); err != nil {
		return Answer{}, fmt.Errorf("%w: its answer to %q is no object: %w", ErrDisturbed, question, err)
	}
	if strings.TrimSpace(string(output[d.InputOffset():])) != "" {
		return Answer{}, fmt.Errorf("%w: something follows its answer to %q", ErrDisturbed, question)
	}
	if a.Word != word || a.Question != question {
		return Answer{}, fmt.Errorf("%w: its answer to %q does not carry the word it was asked with", ErrDisturbed, question)
	}
	if a.Error != "" {
		return a, fmt.Errorf("the probe cannot look at %q: %s", question, a.Error)
	}
	return a, nil
}
