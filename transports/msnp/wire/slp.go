package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// The content types of SLP.
const (
	SLPSession   = "application/x-msnmsgr-sessionreqbody"
	SLPClose     = "application/x-msnmsgr-sessionclosebody"
	SLPTransport = "application/x-msnmsgr-transreqbody"
	SLPTransResp = "application/x-msnmsgr-transrespbody"
)

// The purposes of a session.
const (
	GUIDPicture = "{A4268EEC-FEC5-49E5-95C3-F126696BDBF6}"
	GUIDFile    = "{5D3E02AB-6190-11D3-BBBB-00C04F795683}"
)

// The statuses of an answer.
const (
	SLPOK        = 200
	SLPDecline   = 603
	SLPNoSession = 481
	SLPError     = 500
)

// An SLP is a message of MSNSLP, which is modelled on SIP: an INVITE, a BYE, or an answer with a status.
type SLP struct {
	Method string // empty: an answer
	Status int
	Reason string
	To     string // address
	From   string
	Branch string
	CallID string
	CSeq   int
	Type   string
	Body   []Field
}

// ErrSLP is what is no MSNSLP.
var ErrSLP = errors.New("no MSNSLP message")

// maxSLP bounds a message; file previews make the context long.
const maxSLP = 64 << 10

// ParseSLP reads a whole message.
func ParseSLP(b []byte) (SLP, error) {
	if len(b) > maxSLP {
		return SLP{}, ErrSLP
	}
	first, rest, found := bytes.Cut(b, []byte("\r\n"))
	words := strings.SplitN(clean(first), " ", 3)
	if !found || len(words) != 3 {
		return SLP{}, ErrSLP
	}
	var s SLP
	switch {
	case words[0] == "MSNSLP/1.0":
		n, err := strconv.Atoi(words[1])
		if err != nil || n < 100 || n > 999 {
			return SLP{}, fmt.Errorf("%w: status %.10q", ErrSLP, words[1])
		}
		s.Status, s.Reason = n, words[2]
	case words[2] == "MSNSLP/1.0" && words[0] != "" && isName(words[0]):
		s.Method = words[0]
	default:
		return SLP{}, ErrSLP
	}
	m := ParseMessage(rest)
	s.To, s.From = slpAddress(m.Get("To")), slpAddress(m.Get("From"))
	_, s.Branch, _ = strings.Cut(m.Get("Via"), "branch=")
	s.CallID, s.Type = m.Get("Call-ID"), m.Type()
	if n, err := strconv.Atoi(m.Get("CSeq")); err == nil {
		s.CSeq = n
	}
	s.Body = ParseMessage(bytes.TrimRight(m.Body, "\x00")).Header
	return s, nil
}

func slpAddress(v string) string {
	v = strings.Trim(strings.TrimSpace(v), "<>")
	if len(v) > 8 && strings.EqualFold(v[:8], "msnmsgr:") {
		v = v[8:]
	}
	if strings.ContainsFunc(v, func(r rune) bool { return r <= ' ' || r == 0x7F || unicode.IsSpace(r) }) {
		return "" // no address has white space in it
	}
	return v
}

// Get is a field of the body.
func (s SLP) Get(name string) string { return Message{Header: s.Body}.Get(name) }

// Number is a field of the body as a number; 0 for what is none.
func (s SLP) Number(name string) uint32 {
	n, err := strconv.ParseUint(s.Get(name), 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

// Append appends the message, with the NUL that ends it.
func (s SLP) Append(b []byte) []byte {
	if s.Method != "" {
		b = fmt.Appendf(b, "%s MSNMSGR:%s MSNSLP/1.0\r\n", oneLine(s.Method), oneLine(s.To))
	} else {
		b = fmt.Appendf(b, "MSNSLP/1.0 %d %s\r\n", s.Status, oneLine(s.Reason))
	}
	body := Message{Header: s.Body}.Append(nil)
	if len(s.Body) == 0 {
		body = []byte("\r\n")
	}
	body = append(body, 0)
	b = fmt.Appendf(b, "To: <msnmsgr:%s>\r\nFrom: <msnmsgr:%s>\r\nVia: MSNSLP/1.0/TLP ;branch=%s\r\nCSeq: %d \r\nCall-ID: %s\r\n"+
		"Max-Forwards: 0\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		oneLine(s.To), oneLine(s.From), oneLine(s.Branch), s.CSeq, oneLine(s.CallID), oneLine(s.Type), len(body))
	return append(b, body...)
}

// Answer is the answer to s.
func (s SLP) Answer(status int, reason string) SLP {
	return SLP{
		Status: status, Reason: reason, To: s.From, From: s.To, Branch: s.Branch, CallID: s.CallID, CSeq: s.CSeq + 1,
		Type: s.Type,
	}
}
