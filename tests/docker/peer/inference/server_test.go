package inference

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const withTerminal = `,"tools":[{"type":"function","function":{"name":"terminal"}}]`

func TestTheModelAnswersByItsScript(t *testing.T) {
	said := func(role, text string) []Message { return []Message{{role, Content(text)}} }
	for name, c := range map[string]struct {
		messages []Message
		tools    []string
		want     Reply
	}{
		"a question is repeated":                      {said("user", "hello"), nil, Reply{Text: "you said: hello"}},
		"say: is obeyed":                              {said("user", "please say: pong\nthanks"), nil, Reply{Text: "pong"}},
		"run: calls the terminal":                     {said("user", "run: printenv HOME\n"), []string{"web", "terminal"}, Reply{Tool: "terminal", Arguments: map[string]string{"command": "printenv HOME"}}},
		"browse: calls the browser":                   {said("user", "browse: http://a/"), []string{"browser_navigate"}, Reply{Tool: "browser_navigate", Arguments: map[string]string{"url": "http://a/"}}},
		"run: needs a terminal":                       {said("user", "run: ls"), []string{"web"}, Reply{Text: "there is no tool terminal"}},
		"a tool's result is repeated":                 {said("tool", "run: /home"), []string{"terminal"}, Reply{Text: "the tool said: run: /home"}},
		"a question without a message gets an answer": {nil, nil, Reply{Text: "you said nothing"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, reply(c.messages, c.tools)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestTheServerSpeaksTheProtocolsOfProviders(t *testing.T) {
	for name, c := range map[string]struct {
		path, body string
		want       []string
	}{
		"an answer":               {"/v1/chat/completions", `{"messages":[{"role":"user","content":"hi"}]}`, []string{`"content":"you said: hi"`, `"finish_reason":"stop"`}},
		"parts of a message":      {"/v1/chat/completions", `{"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}`, []string{`you said: hi`}},
		"a call of the tool":      {"/v1/chat/completions", `{"messages":[{"role":"user","content":"run: id"}]` + withTerminal + `}`, []string{`"name":"terminal"`, `{\"command\":\"id\"}`, `"finish_reason":"tool_calls"`}},
		"a stream":                {"/v1/chat/completions", `{"stream":true,"messages":[{"role":"user","content":"hi"}]}`, []string{`"delta":{"content":"you said: hi"`, `"finish_reason":"stop"`, "data: [DONE]\n\n"}},
		"a message":               {"/v1/messages", `{"messages":[{"role":"user","content":"hi"}]}`, []string{`"text":"you said: hi"`, `"end_turn"`}},
		"a stream of a message":   {"/v1/messages", `{"stream":true,"messages":[{"role":"user","content":"hi"}]}`, []string{"event: message_start\ndata: {", `"text":"you said: hi"`, "event: message_stop\n"}},
		"a body that is not JSON": {"/v1/chat/completions", `hi`, []string{"cannot read the request"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			New("my-model").ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, c.path, strings.NewReader(c.body)))
			for _, want := range c.want {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("want %s in:\n%s", want, w.Body)
				}
			}
		})
	}
}

func TestTheServerRemembersWhatItWasAsked(t *testing.T) {
	s := New("my-model")
	for header, value := range map[string]string{"Authorization": "Bearer one", "X-Api-Key": "one"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/chat/completions",
			strings.NewReader(`{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]`+withTerminal+`}`))
		r.Header.Set(header, value)
		s.ServeHTTP(httptest.NewRecorder(), r)
	}
	asked := Request{
		Path: "/v1/chat/completions", Key: "one", Model: "m", Stream: true,
		Messages: []Message{{"user", "hi"}}, Tools: []string{"terminal"},
	}
	if diff := cmp.Diff([]Request{asked, asked}, s.Requests()); diff != "" {
		t.Error(diff)
	}
}

func TestTheServerListsItsModel(t *testing.T) {
	w := httptest.NewRecorder()
	New("my-model").ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/models", nil))
	body, err := io.ReadAll(w.Body)
	if err != nil || !strings.Contains(string(body), `"id":"my-model"`) {
		t.Errorf("want the model's name, got %s (%v)", body, err)
	}
}
