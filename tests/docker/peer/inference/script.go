package inference

import (
	"encoding/json"
	"slices"
	"strings"
)

// Message is one entry of a conversation.
type Message struct {
	Role    string  `json:"role"`
	Content Content `json:"content"`
}

// Content is the text of a message, also where the client sends it as parts.
type Content string

// UnmarshalJSON takes a text, null, or parts, whose texts it joins.
func (c *Content) UnmarshalJSON(b []byte) error {
	var text *string
	if json.Unmarshal(b, &text) == nil {
		if text != nil {
			*c = Content(*text)
		}
		return nil
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(b, &parts); err != nil {
		return err
	}
	for _, p := range parts {
		*c += Content(p.Text)
	}
	return nil
}

// Reply is what the model does next: say Text, or call Tool when it is not empty.
type Reply struct {
	Text      string
	Tool      string
	Arguments map[string]string
}

// use is a rule of the script: what follows the word is the tool's one argument.
type use struct{ word, tool, argument string }

func uses() []use {
	return []use{
		{"run: ", "terminal", "command"},
		{"browse: ", "browser_navigate", "url"},
	}
}

// reply is the script.
func reply(messages []Message, tools []string) Reply {
	if len(messages) == 0 {
		return Reply{Text: "you said nothing"}
	}
	last := messages[len(messages)-1]
	text := string(last.Content)
	if last.Role == "tool" {
		return Reply{Text: "the tool said: " + text}
	}
	for _, u := range uses() {
		_, argument, ok := strings.Cut(text, u.word)
		switch {
		case !ok || last.Role != "user":
		case !slices.Contains(tools, u.tool):
			return Reply{Text: "there is no tool " + u.tool}
		default:
			return Reply{Tool: u.tool, Arguments: map[string]string{u.argument: firstLine(argument)}}
		}
	}
	if _, say, ok := strings.Cut(text, "say: "); ok {
		return Reply{Text: firstLine(say)}
	}
	return Reply{Text: "you said: " + text}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return strings.TrimSpace(line)
}
