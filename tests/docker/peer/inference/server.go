package inference

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// ContextLength is what the server says of its model's context, in tokens.
const ContextLength = 131072

// Title is the title and heading of the server's one page, at /.
const Title = "A page of the fake inference server"

// Request is one question as the server remembers it.
type Request struct {
	Path     string    `json:"path"`
	Key      string    `json:"key"` // of Authorization or X-Api-Key
	Model    string    `json:"model"`
	Stream   bool      `json:"stream"`
	Messages []Message `json:"messages"`
	Tools    []string  `json:"tools"` // names
}

// Server is an http.Handler; it is safe for concurrent use.
type Server struct {
	model string
	mux   *http.ServeMux

	mu    sync.Mutex
	asked []Request
}

// New makes a server whose one model has the given name.
func New(model string) *Server {
	s := &Server{model: model, mux: http.NewServeMux()}
	s.mux.HandleFunc("GET /v1/models", s.models)
	s.mux.HandleFunc("POST /v1/chat/completions", s.chat)
	s.mux.HandleFunc("POST /v1/messages", s.messages)
	s.mux.HandleFunc("GET /requests", func(w http.ResponseWriter, _ *http.Request) { send(w, s.Requests()) })
	s.mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { send(w, object{"status": "ok"}) })
	s.mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, "<!DOCTYPE html><title>%s</title><h1>%s</h1>", Title, Title)
	})
	return s
}

// Requests are the questions so far, oldest first, never nil.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request{}, s.asked...)
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

type object map[string]any

func (s *Server) models(w http.ResponseWriter, _ *http.Request) {
	send(w, object{"object": "list", "data": []object{{
		"id": s.model, "object": "model", "owned_by": "fake-inference",
		"max_model_len": ContextLength, "context_length": ContextLength,
	}}})
}

// listen reads and remembers a question. It answers bad ones itself.
func (s *Server) listen(w http.ResponseWriter, r *http.Request) (Request, bool) {
	var body struct {
		Model    string    `json:"model"`
		Stream   bool      `json:"stream"`
		Messages []Message `json:"messages"`
		Tools    []struct {
			Name     string `json:"name"` // Anthropic
			Function struct {
				Name string `json:"name"`
			} `json:"function"`
		} `json:"tools"`
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		http.Error(w, fmt.Sprintf("cannot read the request: %v", err), http.StatusBadRequest)
		return Request{}, false
	}
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	asked := Request{
		Path: r.URL.Path, Key: cmp.Or(bearer, r.Header.Get("X-Api-Key")),
		Model: body.Model, Stream: body.Stream, Messages: body.Messages,
	}
	for _, t := range body.Tools {
		asked.Tools = append(asked.Tools, cmp.Or(t.Function.Name, t.Name))
	}
	s.mu.Lock()
	s.asked = append(s.asked, asked)
	s.mu.Unlock()
	return asked, true
}

// chat answers as POST /v1/chat/completions does, at once or as a stream of
// three events: the message, why it ends, and what it cost.
func (s *Server) chat(w http.ResponseWriter, r *http.Request) {
	asked, ok := s.listen(w, r)
	if !ok {
		return
	}
	message, reason := spoken(reply(asked.Messages, asked.Tools))
	head := func(kind string, more object) object {
		more["id"], more["object"], more["created"], more["model"] = "chatcmpl-fake", kind, 1, s.model
		return more
	}
	usage := object{"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
	if !asked.Stream {
		choice := object{"index": 0, "message": message, "finish_reason": reason}
		send(w, head("chat.completion", object{"choices": []object{choice}, "usage": usage}))
		return
	}
	const chunk = "chat.completion.chunk"
	stream(w,
		event{data: head(chunk, object{"choices": []object{{"index": 0, "delta": message, "finish_reason": nil}}})},
		event{data: head(chunk, object{"choices": []object{{"index": 0, "delta": object{}, "finish_reason": reason}}})},
		event{data: head(chunk, object{"choices": []object{}, "usage": usage})},
	)
	_, _ = fmt.Fprint(w, "data: [DONE]\n\n")
}

// spoken is a reply as a message of the OpenAI API, and why it ends.
func spoken(r Reply) (message object, reason string) {
	if r.Tool == "" {
		return object{"role": "assistant", "content": r.Text}, "stop"
	}
	arguments, _ := json.Marshal(r.Arguments)
	call := object{
		"index": 0, "id": "call_fake", "type": "function",
		"function": object{"name": r.Tool, "arguments": string(arguments)},
	}
	return object{"role": "assistant", "content": nil, "tool_calls": []object{call}}, "tool_calls"
}

// messages answers as Anthropic's POST /v1/messages does, never with a tool.
func (s *Server) messages(w http.ResponseWriter, r *http.Request) {
	asked, ok := s.listen(w, r)
	if !ok {
		return
	}
	text := object{"type": "text", "text": reply(asked.Messages, nil).Text}
	message := object{
		"id": "msg_fake", "type": "message", "role": "assistant", "model": asked.Model, "content": []object{text},
		"stop_reason": "end_turn", "stop_sequence": nil, "usage": object{"input_tokens": 10, "output_tokens": 5},
	}
	if !asked.Stream {
		send(w, message)
		return
	}
	message["content"], message["stop_reason"] = []object{}, nil
	stream(w,
		event{"message_start", object{"type": "message_start", "message": message}},
		event{"content_block_start", object{"type": "content_block_start", "index": 0, "content_block": object{"type": "text", "text": ""}}},
		event{"content_block_delta", object{"type": "content_block_delta", "index": 0, "delta": object{"type": "text_delta", "text": text["text"]}}},
		event{"content_block_stop", object{"type": "content_block_stop", "index": 0}},
		event{"message_delta", object{"type": "message_delta", "delta": object{"stop_reason": "end_turn"}, "usage": object{"output_tokens": 5}}},
		event{"message_stop", object{"type": "message_stop"}},
	)
}

func send(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // a client that has gone needs no answer
}

// event is one server-sent event; only Anthropic's have a name.
type event struct {
	name string
	data object
}

func stream(w http.ResponseWriter, events ...event) {
	w.Header().Set("Content-Type", "text/event-stream")
	for _, e := range events {
		if e.name != "" {
			_, _ = fmt.Fprintf(w, "event: %s\n", e.name)
		}
		_, _ = fmt.Fprint(w, "data: ")
		_ = json.NewEncoder(w).Encode(e.data) // with one newline
		_, _ = fmt.Fprint(w, "\n")
		_ = http.NewResponseController(w).Flush()
	}
}
