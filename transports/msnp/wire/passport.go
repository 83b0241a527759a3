package wire

import (
	"fmt"
	"strings"
)

// Scheme is the name of the passport's way to sign on over HTTP ("Tweener").
const Scheme = "Passport1.4"

// LoginURL reads the field PassportURLs of a nexus: the address where one signs on, which may lack its scheme. Empty:
// there is none.
func LoginURL(field string) string {
	for _, p := range strings.Split(field, ",") {
		name, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		if !strings.EqualFold(name, "DALogin") || v == "" {
			continue
		}
		if !strings.Contains(v, "://") {
			v = "https://" + v
		}
		return v
	}
	return ""
}

// Credentials is the field Authorization of a sign-on. challenge is what the notification server said, untouched.
func Credentials(name, password, challenge string) string {
	return fmt.Sprintf("%s OrgVerb=GET,OrgURL=http%%3A%%2F%%2Fmessenger%%2Emsn%%2Ecom,sign-in=%s,pwd=%s,%s",
		Scheme, percent(name), percent(password), challenge)
}

// percent escapes all but letters and digits: a comma would end a field.
func percent(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hexDigits[c>>4])
			b.WriteByte(hexDigits[c&15])
		}
	}
	return b.String()
}

// A Verdict is what a login server says: Authentication-Info, or WWW-Authenticate of a refusal.
type Verdict struct {
	Status string // success, failed, redir
	Ticket string
	Text   string
}

// ParseVerdict reads the field. The ticket stands between single quotes and may hold commas.
func ParseVerdict(field string) Verdict {
	var v Verdict
	rest := strings.TrimSpace(field)
	if len(rest) >= len(Scheme) && strings.EqualFold(rest[:len(Scheme)], Scheme) {
		rest = rest[len(Scheme):]
	}
	for rest != "" {
		rest = strings.TrimLeft(rest, " ,")
		name, after, found := strings.Cut(rest, "=")
		if !found {
			break
		}
		var value string
		if strings.HasPrefix(after, "'") {
			value, rest, _ = strings.Cut(after[1:], "'")
		} else {
			value, rest, _ = strings.Cut(after, ",")
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "da-status":
			v.Status = value
		case "from-pp":
			v.Ticket = value
		case "cbtxt":
			v.Text = Unescape(value)
		}
	}
	return v
}

// TicketParts are the values t and p of a ticket ("t=…&p=…"). A ticket without them is all t.
func TicketParts(ticket string) (t, p string) {
	for _, part := range strings.Split(ticket, "&") {
		name, v, _ := strings.Cut(part, "=")
		switch name {
		case "t":
			t = v
		case "p":
			p = v
		}
	}
	if t == "" {
		return ticket, p
	}
	return t, p
}
