//go:build docker

package recipes

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// session is one shell in which a page's commands run one after the other, as a reader types them: what one exports
// or where it goes is so for the next. The commands have no terminal and nothing to read.
type session struct {
	u     *user
	shell *exec.Cmd
	stdin io.Writer
	codes chan string // exit codes, one for each command; closed when the shell has ended
	files string      // what passes between the shell and us
}

// newSession starts a shell in the user's current folder.
func (u *user) newSession() *session {
	u.Helper()
	files, err := os.MkdirTemp(filepath.Dir(u.home), "shell-")
	if err != nil {
		u.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		u.Fatal(err)
	}
	s := &session{u: u, shell: u.command(u.ctx, "sh"), codes: make(chan string), files: files}
	s.shell.Env = append(s.shell.Env, "IMAGE="+u.image)
	s.shell.ExtraFiles = []*os.File{write} // descriptor 3
	if s.stdin, err = s.shell.StdinPipe(); err != nil {
		u.Fatal(err)
	}
	if err := s.shell.Start(); err != nil {
		u.Fatal(err)
	}
	_ = write.Close()
	go func() {
		defer close(s.codes)
		lines := bufio.NewScanner(read)
		for lines.Scan() {
			select {
			case s.codes <- lines.Text():
			case <-u.ctx.Done():
				return
			}
		}
	}()
	u.Cleanup(func() {
		_ = s.shell.Cancel()
		_ = s.shell.Wait()
		_ = read.Close()
	})
	return s
}

// sh runs a command as it stands. A shell that has ended, as after "exit", answers with code -1.
func (s *session) sh(ctx context.Context, command string) result {
	if err := os.WriteFile(s.file("command"), []byte(command+"\n"), 0o644); err != nil {
		return result{code: -1, stderr: err.Error()}
	}
	line := fmt.Sprintf(". %s </dev/null >%s 2>%s 3>&-; echo $? >&3\n", s.file("command"), s.file("stdout"), s.file("stderr"))
	if _, err := io.WriteString(s.stdin, line); err != nil {
		return result{code: -1, stderr: "the shell has ended: " + err.Error()}
	}
	code, why := -1, "the shell has ended"
	select {
	case text, ok := <-s.codes:
		if n, err := strconv.Atoi(text); ok && err == nil {
			code, why = n, ""
		}
	case <-ctx.Done():
		why = fmt.Sprintf("no end: %v", context.Cause(ctx))
	}
	return result{stdout: s.text("stdout"), stderr: s.text("stderr") + why, code: code}
}

func (s *session) file(name string) string { return filepath.Join(s.files, name) }

func (s *session) text(name string) string {
	b, err := os.ReadFile(s.file(name))
	if err != nil {
		return ""
	}
	return strings.ToValidUTF8(string(b), "?")
}
