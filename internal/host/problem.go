package host

import "fmt"

// Problem is an error for a person: what could not be done to which object, why,
// and the command that comes next. Its text is one line.
type Problem struct {
	What  string // "cannot use Docker engine \"unix:///var/run/docker.sock\""
	Cause string // "permission denied"
	Next  string // "run \"sudo usermod -aG docker $USER\""
	Err   error  // what was observed; nil where the cause says it all
}

func (p *Problem) Error() string {
	return fmt.Sprintf("%s: %s; %s", p.What, p.Cause, p.Next)
}

// Unwrap returns the observed error, for errors.Is and errors.As.
func (p *Problem) Unwrap() error { return p.Err }
