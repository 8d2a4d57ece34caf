package doctor

import (
	"regexp"
	"sync"
)

// leftOut stands where a secret was.
const leftOut = "(left out)"

// What a field, a variable or a flag that holds a secret has in its name, the rest of such a
// name, a value up to the end of its line or its quotes, also within a string of JSON, and one
// word or what is quoted (capture.sh: WORDS, NAMED, CHARS).
const (
	words  = `(?:pass(?:word|wd|phrase)|token|secret|credential|(?:auth|join|api|private|access)[-_]?key)`
	named  = `[A-Za-z0-9_.-]*`
	chars  = `(?:[^"\\\n]|\\[^n"\n])+`
	quoted = `(?:'[^'\n]*'|\\+"[^"\\\n]*\\+"|"[^",\\\n][^"\\\n]*"|\(left out\)|[^"\s\\]+)`
)

// secrets are what capture.sh leaves out, once more: a capture may have been made otherwise, and
// what stands here is passed on. The groups of each are kept, before and after. They are compiled
// when a text is first redacted: that takes a millisecond, which a function's call would wait for, too.
var secrets = sync.OnceValue(func() []*regexp.Regexp {
	return []*regexp.Regexp{
		regexp.MustCompile(`()-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|"|$)`),
		regexp.MustCompile(`()(?:tskey|hskey)-[A-Za-z0-9_-]+`),
		regexp.MustCompile(`()(?:privkey|nlpriv|discopriv):[0-9A-Za-z]+`),
		regexp.MustCompile(`()eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?`),
		regexp.MustCompile(`()K10[0-9a-f]{32,}::[^" \\]*`),
		regexp.MustCompile(`(^|[^a-z0-9.])[a-z0-9]{6}\.[a-z0-9]{16}\b`),
		regexp.MustCompile(`()(?:gh[pousr]|github_pat)_[A-Za-z0-9_]{16,}`),
		regexp.MustCompile(`()(?:AKIA|ASIA)[0-9A-Z]{12,}`),
		regexp.MustCompile(`(^|[^0-9A-Za-z:]|\\n)[0-9a-fA-F]{48,}`),
		regexp.MustCompile(`(https?://[^" ]*/a/)[0-9A-Za-z]+`),
		regexp.MustCompile(`(://)[^/@:"\s\\]*:[^"\s\\]+(@)`),
		regexp.MustCompile(`(?i)((?:bearer|authorization[^a-z\n]+[a-z]+) +)[A-Za-z0-9._~+/=-]+`),
		regexp.MustCompile(`(?i)("[^"\n]*` + words + `[^"\n]*": *")(?:[^"\\\n]|\\.)*(")`),
		regexp.MustCompile(`(?i)(` + words + named + `(?:\\+")?: *)[|>][-+0-9]*\\n(?:[^"\\\n]|\\.)*`),
		regexp.MustCompile(`(?i)(name(?:\\+")?: *(?:\\+"|')?` + named + words + named + `(?:\\+"|')?[, ]*(?:\\n)?[ ,]*(?:\\+")?value(?:\\+")?: *)(?:\\+")?` + chars),
		regexp.MustCompile(`(?i)(--?[a-z-]*` + words + named + `\\?",? *\\?")[^"\\\n]+`),
		regexp.MustCompile(`(?i)(--?[a-z-]*` + words + named + `(?:=| +))` + quoted),
		regexp.MustCompile(`(?i)(` + words + named + `(?:\\+")?: *(?:\\+")?)` + chars),
		regexp.MustCompile(`(?i)(` + words + named + ` *= *)` + quoted),
	}
})

// Redact is the text without what looks like a key, a token or a password, in the forms above.
func Redact(text string) string {
	for _, s := range secrets() {
		text = s.ReplaceAllString(text, "${1}"+leftOut+"${2}")
	}
	return text
}

func redactCause(c *Cause) {
	for _, text := range []*string{&c.Message, &c.Fix, &c.Path, &c.Host} {
		*text = Redact(*text)
	}
	for i := range c.Evidence {
		c.Evidence[i].Text = Redact(c.Evidence[i].Text)
		c.Evidence[i].File = Redact(c.Evidence[i].File)
	}
	for i := range c.Consequences {
		redactCause(&c.Consequences[i])
	}
}
