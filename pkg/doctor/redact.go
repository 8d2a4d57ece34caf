package doctor

import "regexp"

// leftOut stands where a secret was.
const leftOut = "(left out)"

// secrets are what capture.sh leaves out, once more: a capture may have been made otherwise, and
// what stands here is passed on. The groups of each are kept, before and after.
var secrets = []*regexp.Regexp{
	regexp.MustCompile(`()-----BEGIN [A-Z ]*PRIVATE KEY-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|"|$)`),
	regexp.MustCompile(`()(?:tskey|hskey)-[A-Za-z0-9_-]+`),
	regexp.MustCompile(`()(?:privkey|nlpriv|discopriv):[0-9A-Za-z]+`),
	regexp.MustCompile(`()eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?`),
	regexp.MustCompile(`()K10[0-9a-f]{32,}::[^" \\]*`),
	regexp.MustCompile(`(^|[^a-z0-9.])[a-z0-9]{6}\.[a-z0-9]{16}\b`),
	regexp.MustCompile(`(https?://[^" ]*/a/)[0-9A-Za-z]+`),
	regexp.MustCompile(`(://)[^/@" ]+:[^/@" ]+(@)`),
	regexp.MustCompile(`(?i)("[^"]*(?:password|token|secret|auth-?key)[^"]*": *")[^"]*(")`),
	regexp.MustCompile(`(?i)((?:^|[\s"'])--?[a-z-]*(?:password|token|secret|auth-?key)[a-z-]*(?:=|\\?",? *\\?"| ))[^" \\]+`),
	regexp.MustCompile(`(?i)((?:password|passwd|token|secret|auth-?key)\s*[:=]\s*)[^\s"(\\]\S*`),
}

// Redact is the text without what looks like a key, a token or a password.
func Redact(text string) string {
	for _, s := range secrets {
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
