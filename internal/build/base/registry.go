package base

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// registryError shortens a registry client's error to its cause.
func registryError(err error) error {
	var answer *transport.Error
	var dns *net.DNSError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no answer within %s", registryTimeout)
	case errors.As(err, &answer):
		return fmt.Errorf("it answers HTTP %d", answer.StatusCode)
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("connection refused")
	case errors.As(err, &dns):
		return errors.New("its name cannot be resolved")
	default:
		return err
	}
}
