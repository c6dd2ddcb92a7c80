package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
)

func TestTroubleWithAnEngineIsOneLineWithWhatToDo(t *testing.T) {
	at := Endpoint{Host: "unix:///s", Source: "default socket"}
	for name, c := range map[string]struct {
		err  error
		want string
		none bool
	}{
		"no socket":         {fmt.Errorf("dial: %w", fs.ErrNotExist), "there is no such socket; start one", true},
		"only text":         {errors.New("dial unix /s: connect: no such file or directory"), "there is no such socket; start one", true},
		"nobody listens":    {fmt.Errorf("dial: %w", syscall.ECONNREFUSED), "nothing listens there; start one", true},
		"no rights":         {fmt.Errorf("dial: %w", syscall.EACCES), `permission denied on its socket; run as root, or "sudo usermod`, false},
		"it hangs":          {context.DeadlineExceeded, "it did not answer within 10s; look at its log", false},
		"its disk is full":  {errors.New("write /var: no space left on device"), `its disk is full; free space, say with "docker builder prune"`, false},
		"an unknown host":   {fmt.Errorf("dial: %w", &net.DNSError{Err: "no such host"}), "the name of its host cannot be resolved; check the name", false},
		"an ssh address":    {errSSH, "ssh addresses are not supported; forward its socket", false},
		"it is too old":     {errors.New("API version 1.30 is not supported by this client: the minimum is 1.40"), "API version 1.30 is not supported by this client: the minimum is 1.40; upgrade it", false},
		"something strange": {errors.New("odd\nthing"), `odd thing; check the address with "docker version"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := diagnose(at, c.err)
			if want := `cannot use Docker engine "unix:///s" (from default socket): ` + c.want; !strings.HasPrefix(err.Error(), want) {
				t.Errorf("want %q..., got %q", want, err)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("want one line, got %q", err)
			}
			if errors.Is(err, ErrNone) != c.none {
				t.Errorf("want ErrNone: %t, got %v", c.none, err)
			}
			if !errors.Is(err, c.err) {
				t.Errorf("want %v kept, got %v", c.err, err)
			}
		})
	}
}

// serve answers as an engine of the given API version would.
func serve(t *testing.T, api string) Endpoint {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", api)
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/info"):
			fmt.Fprint(w, `{"ServerVersion":"20.10.24","DockerRootDir":"/d","Driver":"overlay2"}`)
		case strings.HasSuffix(r.URL.Path, "/images/there/json"):
			fmt.Fprint(w, `{"Id":"sha256:1","Size":7,"Created":"2026-11-22T02:09:05Z","Config":{"Labels":{"a":"b"}}}`)
		case strings.HasSuffix(r.URL.Path, "/images/load"):
			fmt.Fprint(w, `{"stream":"Loading"}{"error":"no space left on device"}`)
		case strings.HasSuffix(r.URL.Path, "/history"):
			fmt.Fprint(w, `[{"CreatedBy":"RUN b","Size":2},{"CreatedBy":"ENV","Size":0},{"CreatedBy":"ADD a","Size":1}]`)
		case strings.Contains(r.URL.Path, "/images/"):
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, `{"message":"no such image"}`)
		}
	}))
	t.Cleanup(s.Close)
	return Endpoint{Host: "tcp://" + s.Listener.Addr().(*net.TCPAddr).String(), Source: "test"}
}

func TestAnEngineIsAskedAboutItselfAndItsImages(t *testing.T) {
	e, err := Connect(t.Context(), serve(t, "1.41"))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if e.Version != "20.10.24" || e.APIVersion != "1.41" || e.RootDir != "/d" || e.Local() {
		t.Errorf("want version 20.10.24 with API 1.41 and data root /d on another host, got %+v", e)
	}
	if _, ok, err := e.Image(t.Context(), "gone"); ok || err != nil {
		t.Errorf("want no image that is not there, got %t, %v", ok, err)
	}
	img, ok, err := e.Image(t.Context(), "there")
	if !ok || err != nil || img.SizeBytes != 7 || img.Labels["a"] != "b" || img.Created.Day() != 22 {
		t.Errorf("want the image that is there, got %+v, %t, %v", img, ok, err)
	}
	layers, err := e.Layers(t.Context(), "there")
	if err != nil || len(layers) != 2 || layers[0].CreatedBy != "ADD a" {
		t.Errorf("want two layers, base first, got %+v, %v", layers, err)
	}
	// The engine answers 200 before it reads the archive: the failure is in the body.
	if err := e.Load(t.Context(), strings.NewReader("")); err == nil || err.Error() != "cannot load image: no space left on device" {
		t.Errorf("want the failure of the load, got %v", err)
	}
}

func TestAnEngineOlderThanOursIsRefused(t *testing.T) {
	at := serve(t, "1.40")
	_, err := Connect(t.Context(), at)
	want := fmt.Sprintf(`cannot use Docker engine %q (from test): it speaks Engine API "1.40", older than 1.41 (Docker 20.10); upgrade it, or name another engine in DOCKER_HOST`, at.Host)
	if text(err) != want {
		t.Errorf("want %s\n got %v", want, err)
	}
}

func TestAnAddressWhereNothingListensIsNamed(t *testing.T) {
	for _, at := range []Endpoint{{Host: "unix://" + t.TempDir() + "/s"}, {Host: "tcp://127.0.0.1:1"}} {
		at.Source = "test"
		_, err := Connect(t.Context(), at)
		if !errors.Is(err, ErrNone) || !strings.HasSuffix(err.Error(), "start it, or name another in DOCKER_HOST") {
			t.Errorf("want %s named as without an engine, got %v", at.Host, err)
		}
	}
}
