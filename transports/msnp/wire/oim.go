package wire

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
)

// An OIM is an offline message as the service gives it.
type OIM struct {
	From string
	Nick string
	Text []byte // in Charset
	Charset,
	RunID string
	Sent time.Time // zero: not told
}

// ErrOIM is an offline message that cannot be read.
var ErrOIM = errors.New("no offline message")

// ParseOIM reads the mail that GetMessage gives.
func ParseOIM(text string) (OIM, error) {
	m := ParseMessage([]byte(strings.TrimLeft(text, "\r\n ")))
	from := m.Get("From")
	if from == "" {
		return OIM{}, ErrOIM
	}
	o := OIM{Charset: m.Charset(), RunID: m.Get("X-OIM-Run-Id"), Text: m.Body}
	open := strings.LastIndexByte(from, '<')
	if open >= 0 {
		o.From = strings.TrimRight(from[open+1:], "> ")
		o.Nick = decodeWords(strings.TrimSpace(from[:open]))
	} else {
		o.From = strings.TrimSpace(from)
	}
	if t, err := mail.ParseDate(m.Get("Date")); err == nil {
		o.Sent = t.UTC()
	}
	if strings.EqualFold(m.Get("Content-Transfer-Encoding"), "base64") {
		raw := strings.NewReplacer("\r", "", "\n", "", " ", "", "\t", "").Replace(string(m.Body))
		b, err := base64.StdEncoding.DecodeString(raw)
		if err != nil {
			return OIM{}, fmt.Errorf("%w: %w", ErrOIM, err)
		}
		o.Text = b
	}
	return o, nil
}

// mailLine is the longest line of base64.
const mailLine = 76

// OIMContent is the mail to store: text in UTF-8, the run of a conversation and the place in it, from 1.
func OIMContent(text, run string, number int) string {
	body := base64.StdEncoding.EncodeToString([]byte(text))
	var b strings.Builder
	fmt.Fprintf(&b, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n"+
		"X-OIM-Message-Type: OfflineMessage\r\nX-OIM-Run-Id: %s\r\nX-OIM-Sequence-Num: %d\r\n\r\n", run, number)
	for len(body) > mailLine {
		b.WriteString(body[:mailLine] + "\r\n")
		body = body[mailLine:]
	}
	b.WriteString(body)
	return b.String()
}

// The SOAP actions.
const (
	ActionStore    = "http://messenger.msn.com/ws/2004/09/oim/Store"
	rsi            = "http://www.hotmail.msn.com/ws/2004/09/oim/rsi"
	ActionMetadata = rsi + "/GetMetadata"
	ActionMessage  = rsi + "/GetMessage"
	ActionDelete   = rsi + "/DeleteMessages"
)

const soapHead = `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">`

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

// A Store is a message to be kept for somebody who is not there.
type Store struct {
	From, Nick, To string
	Ticket         string
	Product        string // the ID
	LockKey        string // AnswerMix of the challenge of a refusal; empty at first
	Version        string // of the dialect: MSNP12
	Number         int
	Content        string
}

// Envelope is the request.
func (s Store) Envelope() string {
	nick := "=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(s.Nick)) + "?="
	return fmt.Sprintf(soapHead+`<soap:Header><From memberName="%s" friendlyName="%s" xml:lang="en-US" proxy="MSNMSGR" `+
		`xmlns="http://messenger.msn.com/ws/2004/09/oim/" msnpVer="%s" buildVer="7.5.0324"/>`+
		`<To memberName="%s" xmlns="http://messenger.msn.com/ws/2004/09/oim/"/>`+
		`<Ticket passport="%s" appid="%s" lockkey="%s" xmlns="http://messenger.msn.com/ws/2004/09/oim/"/>`+
		`<Sequence xmlns="http://schemas.xmlsoap.org/ws/2003/03/rm"><Identifier xmlns="http://schemas.xmlsoap.org/ws/2002/07/utility">`+
		`http://messenger.msn.com</Identifier><MessageNumber>%d</MessageNumber></Sequence></soap:Header>`+
		`<soap:Body><MessageType xmlns="http://messenger.msn.com/ws/2004/09/oim/">text</MessageType>`+
		`<Content xmlns="http://messenger.msn.com/ws/2004/09/oim/">%s</Content></soap:Body></soap:Envelope>`,
		escaped(s.From), escaped(nick), escaped(s.Version), escaped(s.To), escaped(s.Ticket), escaped(s.Product),
		escaped(s.LockKey), s.Number, escaped(s.Content))
}

// MailRequest is a request to the store of messages: for a list (ActionMetadata), a message, or to delete messages.
func MailRequest(action, ticket string, ids ...string) string {
	t, p := TicketParts(ticket)
	name := action[strings.LastIndexByte(action, '/')+1:]
	var body strings.Builder
	switch action {
	case ActionMessage:
		for _, id := range ids {
			body.WriteString("<messageId>" + escaped(id) + "</messageId>")
		}
		body.WriteString("<alsoMarkAsRead>false</alsoMarkAsRead>")
	case ActionDelete:
		body.WriteString("<messageIds>")
		for _, id := range ids {
			body.WriteString("<messageId>" + escaped(id) + "</messageId>")
		}
		body.WriteString("</messageIds>")
	}
	return fmt.Sprintf(soapHead+`<soap:Header><PassportCookie xmlns="%s"><t>%s</t><p>%s</p></PassportCookie></soap:Header>`+
		`<soap:Body><%s xmlns="%s">%s</%s></soap:Body></soap:Envelope>`, rsi, escaped(t), escaped(p), name, rsi, body.String(), name)
}

// A Reply is what the services say.
type Reply struct {
	Message   string // the mail of GetMessage
	Mails     []Mail // of GetMetadata
	Stored    bool   // the store has said that it keeps a message
	Fault     string // the fault's code without its prefix; empty: none
	FaultText string
	LockKey   string // the challenge of a refusal, to be answered in Store.LockKey
	Tweener   string // the challenge of a ticket that is no longer taken
}

// ParseReply reads an answer.
func ParseReply(document []byte) (Reply, error) {
	t, err := texts(document, "GetMessageResult", "faultcode", "faultstring", "LockKeyChallenge", "TweenerChallenge", "StoreResponse")
	if err != nil {
		return Reply{}, err
	}
	code := strings.TrimSpace(t["faultcode"])
	if i := strings.LastIndexByte(code, ':'); i >= 0 {
		code = code[i+1:]
	}
	r := Reply{
		Message: t["GetMessageResult"], Fault: code, FaultText: t["faultstring"],
		LockKey: strings.TrimSpace(t["LockKeyChallenge"]), Tweener: strings.TrimSpace(t["TweenerChallenge"]),
	}
	_, r.Stored = t["StoreResponse"]
	r.Mails, err = ParseMails(string(document))
	return r, err
}
