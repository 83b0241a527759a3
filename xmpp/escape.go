package xmpp

import "strings"

// escaped are the characters that a local part may not hold (XEP-0106 §4.2), each with its escape.
var escaped = [...]struct {
	char byte
	code string
}{
	{' ', "20"}, {'"', "22"}, {'&', "26"}, {'\'', "27"}, {'/', "2f"}, {':', "3a"}, {'<', "3c"}, {'>', "3e"}, {'@', "40"}, {'\\', "5c"},
}

// EscapeLocal makes a local part of any legacy address (XEP-0106). The backslash itself is escaped only where
// what follows would be taken for an escape (§4.2 rule 5). The result is not prepared: NewJID does that.
func EscapeLocal(s string) string {
	if !strings.ContainsAny(s, ` "&'/:<>@\`) {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		code, ok := codeOf(s[i])
		if !ok || s[i] == '\\' && !startsEscape(s[i:]) {
			b.WriteByte(s[i])
			continue
		}
		b.WriteByte('\\')
		b.WriteString(code)
	}
	return b.String()
}

// UnescapeLocal is the inverse of EscapeLocal (XEP-0106 §4.3). A backslash that begins no escape stays.
func UnescapeLocal(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c, ok := charOf(s[i:]); ok {
			b.WriteByte(c)
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// EscapeHash escapes a leading "#", which in local parts of a gateway marks a room. UnescapeLocal undoes it.
func EscapeHash(s string) string {
	if rest, ok := strings.CutPrefix(s, "#"); ok {
		return `\23` + rest
	}
	return s
}

func codeOf(c byte) (string, bool) {
	for i := range escaped {
		if escaped[i].char == c {
			return escaped[i].code, true
		}
	}
	return "", false
}

func startsEscape(s string) bool {
	_, ok := charOf(s)
	return ok
}

// charOf resolves the escape that s begins with. \23 is no escape of the XEP's, but of ours.
func charOf(s string) (byte, bool) {
	if len(s) < 3 || s[0] != '\\' {
		return 0, false
	}
	code := strings.ToLower(s[1:3])
	if code == "23" {
		return '#', true
	}
	for i := range escaped {
		if escaped[i].code == code {
			return escaped[i].char, true
		}
	}
	return 0, false
}
