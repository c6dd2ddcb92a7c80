package publish

import (
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// tick is how often a long upload reports how far it is.
const tick = 10 * time.Second

const megabyte = 1_000_000

// upload pushes blobs and manifest, and reports now and then how far it is.
func (c *client) upload(ref name.Digest, img v1.Image) error {
	updates := make(chan v1.Update, 64)
	reported := make(chan struct{})
	go func() {
		defer close(reported)
		last := time.Now()
		for u := range updates {
			if u.Error == nil && time.Since(last) >= tick {
				last = time.Now()
				c.Say("push: %d of %d MB", u.Complete/megabyte, u.Total/megabyte)
			}
		}
	}()
	// Write closes the channel when it ends.
	err := remote.Write(ref, img, append([]remote.Option{remote.WithProgress(updates)}, c.remote...)...)
	<-reported
	return err
}
