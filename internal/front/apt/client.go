package apt

import (
	"context"
	"fmt"
	"io"
	"net"
)

// Ask sends r to the helper that listens at socket, copies its output and returns apt-get's exit code. If ctx ends, Ask
// returns; the helper goes on. Callers may test fs.ErrNotExist and syscall.ECONNREFUSED (no helper runs), and
// fs.ErrPermission (this user may not ask).
//
// contract: TOOL-14
func Ask(ctx context.Context, socket string, r Request, stdout, stderr io.Writer) (int, error) {
	if err := r.Validate(); err != nil {
		return CodeFailed, err
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, socket)
	if err != nil {
		return CodeFailed, fmt.Errorf("cannot reach the helper: %w", err)
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if _, err := conn.Write([]byte(r.String())); err != nil {
		return CodeFailed, fmt.Errorf("cannot write to the helper: %w", err)
	}
	return receive(conn, stdout, stderr)
}
