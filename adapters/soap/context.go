package soap

import (
	"strconv"
	"strings"

	"imgate/adapters/soap/wire"
	"imgate/xmpp"
)

// A header is what the <context> of a request says.
type header struct {
	token         string
	voidOnExpired bool
	session       bool // one is wanted
	sessionID     string
	seq           int64 // acknowledged; 0: the client keeps no count
	account       string
	form          wire.Form
	agent         string
}

// readHeader reads what concerns us; what else mail clients say there is ignored. form is that of the request.
func readHeader(c *wire.Element, form wire.Form) (header, error) {
	h := header{form: form, token: c.Get("authToken")}
	void, err := truth(c.Child("authTokenControl"), "voidOnExpired", false)
	if err != nil {
		return h, err
	}
	h.voidOnExpired = void
	h.agent = strings.TrimSpace(c.Child("userAgent").Get("name") + " " + c.Child("userAgent").Get("version"))
	switch c.Child("format").Get("type") {
	case "js":
		h.form = wire.JSON
	case "xml":
		if form == wire.JSON {
			h.form = wire.SOAP12
		}
	}
	if err := h.readSession(c); err != nil {
		return h, err
	}
	return h, h.readAccount(c)
}

func (h *header) readSession(c *wire.Element) error {
	for _, name := range []string{"nosession", "nonotify"} {
		if _, ok := c.Lookup(name); ok {
			return nil
		}
	}
	s, asText := c.Child("session"), ""
	if s == nil {
		asText, h.session = c.Lookup("session") // a member that is a plain string, in JSON
	}
	if s == nil && !h.session {
		s = c.Child("sessionId")
	}
	if s != nil {
		h.session = true
		if asText = s.Get("id"); asText == "" {
			asText = strings.TrimSpace(s.Text())
		}
	}
	h.sessionID = asText
	seq, given := s.Lookup("seq")
	if !given {
		seq, given = c.Child("notify").Lookup("seq")
	}
	if !given || seq == "" {
		return nil
	}
	n, err := strconv.ParseInt(seq, 10, 64)
	if err != nil {
		return refuse(invalidRequest, "seq is no number")
	}
	h.seq = n
	return nil
}

func (h *header) readAccount(c *wire.Element) error {
	if by, ok := c.Child("account").Lookup("by"); ok && by != "name" && by != "id" {
		return refuse(invalidRequest, "an account is named by name or id")
	}
	h.account = c.Get("account")
	return nil
}

// own refuses what concerns another account.
func (h header) own(user xmpp.JID) error {
	if h.account == "" {
		return nil
	}
	if j, err := xmpp.ParseJID(h.account); err == nil && j.Bare() == user {
		return nil
	}
	return refuse(permDenied, "only your own account is served")
}

// truth reads a truth value; otherwise is what it is where it is absent.
func truth(e *wire.Element, name string, otherwise bool) (bool, error) {
	v, ok := e.Lookup(name)
	if !ok {
		return otherwise, nil
	}
	switch strings.ToLower(v) {
	case "1", "true":
		return true, nil
	case "0", "false":
		return false, nil
	}
	return false, refuse(invalidRequest, "%s: expected 1, 0, true or false", name)
}

// number reads a whole number; otherwise is what it is where it is absent.
func number(e *wire.Element, name string, otherwise int64) (int64, error) {
	v, ok := e.Lookup(name)
	if !ok {
		return otherwise, nil
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return 0, refuse(invalidRequest, "%s: expected a whole number", name)
	}
	return n, nil
}
