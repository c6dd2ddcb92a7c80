package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"caduceus/tests/docker/peer/inference"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	code := run(ctx, os.Args[1:], os.Stderr)
	stop()
	os.Exit(code) //nolint:forbidigo // the program's end
}

func run(ctx context.Context, args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("fakeinference", flag.ContinueOnError)
	flags.SetOutput(stderr)
	model := flags.String("model", "my-model", "name of the model")
	served := flags.String("served-model-name", "", "name to serve the model under")
	host := flags.String("host", "0.0.0.0", "address to listen on")
	port := flags.String("port", "8000", "port to listen on")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	server := &http.Server{
		Addr:              net.JoinHostPort(*host, *port),
		Handler:           inference.New(cmp.Or(*served, *model)),
		ReadHeaderTimeout: 10 * time.Second,
	}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		_, _ = fmt.Fprintln(stderr, "fakeinference:", err)
		return 1
	}
	return 0
}
