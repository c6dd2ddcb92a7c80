// Package inference is a fake inference server that speaks the OpenAI API: its
// model follows a script of five rules instead of thinking.
//
// A question that contains "run: COMMAND" makes it call the tool terminal with
// that command, "browse: URL" the tool browser_navigate; a tool's result makes it answer with "the tool said: RESULT";
// "say: TEXT" makes it answer TEXT; anything else it repeats. So a test knows
// each answer beforehand, and an answer that carries a tool's output proves that
// the tool was run. The server remembers what it was asked, and with which key,
// and answers with that at /requests. It also answers Anthropic's /v1/messages, without
// tools, for providers that speak nothing else.
//
// It imitates no one server: parameters of a request that the script does not need
// are ignored, and every key is good.
package inference
