package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/client"
)

// MinAPI is the oldest Engine API we promise: Debian 12's docker.io 20.10.
const MinAPI = "1.41"

// probeTimeout bounds the questions that decide whether an engine answers.
const probeTimeout = 10 * time.Second

// Engine is a Docker engine that answered.
type Engine struct {
	Endpoint
	Version    string // of the server
	APIVersion string // the newest it speaks
	RootDir    string // its data root, a path on its own host
	Driver     string // storage driver

	api *client.Client
}

// API is the connection itself, for questions that Engine has no method for. It is
// the one client that this module makes; Close ends it.
func (e *Engine) API() client.APIClient { return e.api }

// Local reports whether the engine shares this machine's file system.
func (e *Engine) Local() bool { return socketPath(e.Host) != "" }

// Connect asks the engine at an address who it is. Its errors are Problems.
func Connect(ctx context.Context, at Endpoint) (*Engine, error) {
	if strings.HasPrefix(at.Host, "ssh://") {
		return nil, diagnose(at, errSSH)
	}
	opts := []client.Opt{client.WithHost(at.Host)}
	if at.TLSDir != "" {
		opts = append(opts, client.WithTLSClientConfig(
			filepath.Join(at.TLSDir, "ca.pem"), filepath.Join(at.TLSDir, "cert.pem"), filepath.Join(at.TLSDir, "key.pem")))
	}
	api, err := client.New(opts...)
	if err != nil {
		return nil, diagnose(at, err)
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	ping, err := api.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true})
	if err != nil {
		return nil, errors.Join(diagnose(at, err), api.Close())
	}
	if err := checkVersion(at, ping.APIVersion); err != nil {
		return nil, errors.Join(err, api.Close())
	}
	info, err := api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return nil, errors.Join(diagnose(at, err), api.Close())
	}
	return &Engine{
		Endpoint: at, Version: info.Info.ServerVersion, APIVersion: ping.APIVersion,
		RootDir: info.Info.DockerRootDir, Driver: info.Info.Driver, api: api,
	}, nil
}

// Close ends the connection; the engine goes on.
func (e *Engine) Close() { _ = e.api.Close() } // closing idle connections does not fail

// Image is what the pipeline asks of an image.
type Image struct {
	ID        string // "sha256:..."
	Tags      []string
	Digests   []string // name@sha256:..., of images that came from a registry
	Labels    map[string]string
	Created   time.Time
	SizeBytes int64
}

// Layer is one step of an image's history that holds files.
type Layer struct {
	CreatedBy string
	SizeBytes int64
}

// Image looks an image up by name or id; ok is false where the engine has none.
func (e *Engine) Image(ctx context.Context, ref string) (img Image, ok bool, err error) {
	got, err := e.api.ImageInspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		return Image{}, false, nil
	}
	if err != nil {
		return Image{}, false, fmt.Errorf("cannot inspect image %q: %w", ref, err)
	}
	created, _ := time.Parse(time.RFC3339Nano, got.Created) // absent in some images: the zero time says so
	img = Image{ID: got.ID, Tags: got.RepoTags, Digests: got.RepoDigests, Created: created, SizeBytes: got.Size}
	if got.Config != nil {
		img.Labels = got.Config.Labels
	}
	return img, true, nil
}

// Layers is the image's history, base first, without the steps that hold no files.
func (e *Engine) Layers(ctx context.Context, ref string) ([]Layer, error) {
	history, err := e.api.ImageHistory(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("cannot read history of image %q: %w", ref, err)
	}
	var layers []Layer
	for _, item := range slices.Backward(history.Items) {
		if item.Size > 0 {
			layers = append(layers, Layer{CreatedBy: item.CreatedBy, SizeBytes: item.Size})
		}
	}
	return layers, nil
}

// Images lists the images tagged name:*.
func (e *Engine) Images(ctx context.Context, name string) ([]Image, error) {
	list, err := e.api.ImageList(ctx, client.ImageListOptions{Filters: client.Filters{}.Add("reference", name+":*")})
	if err != nil {
		return nil, fmt.Errorf("cannot list images of %q: %w", name, err)
	}
	images := make([]Image, 0, len(list.Items))
	for _, item := range list.Items {
		images = append(images, Image{
			ID: item.ID, Tags: item.RepoTags, Digests: item.RepoDigests, Labels: item.Labels,
			Created: time.Unix(item.Created, 0).UTC(), SizeBytes: item.Size,
		})
	}
	return images, nil
}

// Load takes a tar of images as "docker save" writes it.
func (e *Engine) Load(ctx context.Context, tar io.Reader) error {
	res, err := e.api.ImageLoad(ctx, tar, client.ImageLoadWithQuiet(true))
	if err != nil {
		return fmt.Errorf("cannot load image: %w", err)
	}
	return errors.Join(loadResult(res), res.Close())
}

// Tag gives an image one more name; an image that had it loses it.
func (e *Engine) Tag(ctx context.Context, id, ref string) error {
	if _, err := e.api.ImageTag(ctx, client.ImageTagOptions{Source: id, Target: ref}); err != nil {
		return fmt.Errorf("cannot tag image %q as %q: %w", id, ref, err)
	}
	return nil
}
