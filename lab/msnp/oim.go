package msnp

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"imgate/transports/msnp/wire"
)

// A mail is an offline message that waits.
type mail struct {
	id, from, nick, text, run string
	at                        time.Time
}

// Bounds of the store.
const (
	maxMails   = 200 // of one account; the oldest give way
	maxRequest = 1 << 20
	// tooLarge is how many messages no longer fit into a notice, as seen.
	tooLarge = 25
)

// lock is the challenge of the store.
const lock = "1850937852"

// keep stores a message for a. mu is held.
func (s *Server) keep(a *account, m mail) {
	m.id, m.at = fmt.Sprintf("MSG%s.%s", s.next(), secret()), time.Now().UTC()
	if a.mails = append(a.mails, m); len(a.mails) > maxMails {
		a.mails = a.mails[1:]
	}
	if x := a.session; x != nil && x.shown && x.dialect >= 11 {
		x.notice(wire.TypeNewMail, []mail{m})
	}
}

// mailNotice tells at sign-on what waits.
func (x *session) mailNotice() { x.notice(wire.TypeInitMail, x.a.mails) }

func (x *session) notice(kind string, mails []mail) {
	data := wire.TooLarge
	if len(mails) <= tooLarge {
		data = metadata(mails)
	}
	body := fmt.Sprintf("MIME-Version: 1.0\r\nContent-Type: %s; charset=UTF-8\r\n\r\nMail-Data: %s\r\n", kind, data)
	x.l.say(wire.New("MSG", "Hotmail", "Hotmail").With([]byte(body)))
}

// metadata is the list of messages, in XML.
func metadata(mails []mail) string {
	var b strings.Builder
	b.WriteString("<MD><E><I>0</I><IU>0</IU><O>0</O><OU>0</OU></E><Q><QTM>409600</QTM><QNM>204800</QNM></Q>")
	for _, m := range mails {
		fmt.Fprintf(&b, "<M><T>11</T><S>6</S><RT>%s</RT><RS>0</RS><SZ>%d</SZ><E>%s</E><I>%s</I><F>00000000-0000-0000-0000-000000000009</F><N>%s</N></M>",
			m.at.Format(time.RFC3339Nano), len(m.text), html.EscapeString(m.from), html.EscapeString(m.id), encodedWord(m.nick))
	}
	b.WriteString("</MD>")
	return b.String()
}

func encodedWord(s string) string {
	return "=?utf-8?B?" + base64.StdEncoding.EncodeToString([]byte(s)) + "?="
}

// whole is the mail that GetMessage gives.
func (m mail) whole(to string) string {
	return fmt.Sprintf("From: %s <%s>\r\nTo: %s\r\nSubject: \r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"+
		"Content-Transfer-Encoding: base64\r\nX-OIM-Message-Type: OfflineMessage\r\nX-OIM-Run-Id: %s\r\nDate: %s\r\n\r\n%s",
		encodedWord(m.nick), m.from, to, m.run, m.at.Format("02 Jan 2006 15:04:05 -0700"), base64.StdEncoding.EncodeToString([]byte(m.text)))
}

// An envelope is a request of either service.
type envelope struct {
	Header struct {
		Cookie struct {
			T string `xml:"t"`
			P string `xml:"p"`
		} `xml:"PassportCookie"`
		From struct {
			Name     string `xml:"memberName,attr"`
			Friendly string `xml:"friendlyName,attr"`
		} `xml:"From"`
		To struct {
			Name string `xml:"memberName,attr"`
		} `xml:"To"`
		Ticket struct {
			Passport string `xml:"passport,attr"`
			App      string `xml:"appid,attr"`
			LockKey  string `xml:"lockkey,attr"`
		} `xml:"Ticket"`
		Sequence struct {
			Number string `xml:"MessageNumber"`
		} `xml:"Sequence"`
	} `xml:"Header"`
	Body struct {
		Content string `xml:"Content"`
		Get     *struct {
			ID string `xml:"messageId"`
		} `xml:"GetMessage"`
		List   *struct{} `xml:"GetMetadata"`
		Delete *struct {
			IDs []string `xml:"messageIds>messageId"`
		} `xml:"DeleteMessages"`
	} `xml:"Body"`
}

func readEnvelope(r *http.Request) (e envelope, err error) {
	b, err := io.ReadAll(io.LimitReader(r.Body, maxRequest))
	if err != nil {
		return e, err
	}
	return e, xml.Unmarshal(b, &e)
}

func answer(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.WriteHeader(status)
	// Nobody is there to hear of an error.
	_, _ = io.WriteString(w, `<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>`+
		body+`</soap:Body></soap:Envelope>`)
}

func fault(w http.ResponseWriter, code, detail string) {
	answer(w, http.StatusInternalServerError, "<soap:Fault><faultcode xmlns:q0=\"http://messenger.msn.com/ws/2004/09/oim/\">q0:"+code+
		"</faultcode><faultstring>Exception of type 'System.Web.Services.Protocols.SoapException' was thrown.</faultstring><detail>"+detail+"</detail></soap:Fault>")
}

// storeMail is Store.
func (s *Server) storeMail(w http.ResponseWriter, r *http.Request) {
	e, err := readEnvelope(r)
	if err != nil {
		fault(w, "InvalidContent", "")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from, to := s.bearer(e.Header.Ticket.Passport), s.accounts[canonical(e.Header.To.Name)]
	opens := e.Header.Ticket.LockKey == wire.ProductMSNP11.AnswerMix(lock) || s.o.Trusting && e.Header.Ticket.LockKey != ""
	m := wire.ParseMessage([]byte(strings.ReplaceAll(e.Body.Content, "\r\n", "\n")))
	text, encoded := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(m.Body), "\n", ""))
	switch {
	case from == nil:
		fault(w, "AuthenticationFailed", "<TweenerChallenge>"+passportChallenge+"</TweenerChallenge>")
	case !opens:
		fault(w, "AuthenticationFailed", "<TweenerChallenge>"+passportChallenge+"</TweenerChallenge><LockKeyChallenge>"+lock+"</LockKeyChallenge>")
	case encoded != nil || m.Get("X-OIM-Run-Id") == "" || m.Get("X-OIM-Sequence-Num") != e.Header.Sequence.Number ||
		m.Get("Content-Transfer-Encoding") != "base64" || slices.ContainsFunc(strings.Split(string(m.Body), "\n"), func(l string) bool { return len(l) > 77 }):
		fault(w, "InvalidContent", "")
	case to == nil || !to.lets(from) || canonical(e.Header.From.Name) != from.id:
		fault(w, "SystemUnavailable", "")
	default:
		s.keep(to, mail{from: from.id, nick: from.nick, text: string(text), run: m.Get("X-OIM-Run-Id")})
		answer(w, http.StatusOK, `<StoreResponse xmlns="http://messenger.msn.com/ws/2004/09/oim/"><PointsConsumed>0</PointsConsumed></StoreResponse>`)
	}
}

// readMail is GetMetadata, GetMessage, DeleteMessages.
func (s *Server) readMail(w http.ResponseWriter, r *http.Request) {
	e, err := readEnvelope(r)
	if err != nil {
		fault(w, "Client", "")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.bearer("t=" + e.Header.Cookie.T + "&p=" + e.Header.Cookie.P)
	named := func(id string) func(mail) bool { return func(m mail) bool { return m.id == id } }
	switch {
	case a == nil:
		fault(w, "Client", "")
	case e.Body.List != nil:
		answer(w, http.StatusOK, `<GetMetadataResponse xmlns="http://www.hotmail.msn.com/ws/2004/09/oim/rsi">`+metadata(a.mails)+`</GetMetadataResponse>`)
	case e.Body.Get != nil:
		i := slices.IndexFunc(a.mails, named(e.Body.Get.ID))
		if i < 0 {
			fault(w, "Client", "")
			return
		}
		answer(w, http.StatusOK, `<GetMessageResponse xmlns="http://www.hotmail.msn.com/ws/2004/09/oim/rsi"><GetMessageResult>`+
			html.EscapeString(a.mails[i].whole(a.id))+`</GetMessageResult></GetMessageResponse>`)
	case e.Body.Delete != nil:
		for _, id := range e.Body.Delete.IDs {
			a.mails = slices.DeleteFunc(a.mails, named(id))
		}
		answer(w, http.StatusOK, `<DeleteMessagesResponse xmlns="http://www.hotmail.msn.com/ws/2004/09/oim/rsi"/>`)
	default:
		fault(w, "Client", "")
	}
}
