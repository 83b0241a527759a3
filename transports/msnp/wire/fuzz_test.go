package wire

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// readAll reads commands to the end.
func readAll(r io.Reader, from Sender) (list []Command, err error) {
	in := NewReader(r, from)
	for {
		c, err := in.Next()
		if err != nil {
			return list, err
		}
		list = append(list, c)
	}
}

// FuzzCommands: however a stream is cut, the commands in it are the same, and so is its end; each command that was read
// says the same again when it is written.
func FuzzCommands(f *testing.F) {
	for _, s := range []string{
		"VER 1 MSNP12 CVR0\r\nCVR 2 x\r\n", "MSG a@b c 5\r\nhelloQNG 60\r\n", "MSG a b 500\r\nshort", "UBX a@b 0\r\nOUT OTH\r\n",
		"ADL 5 OK\r\nADL 5 3\r\nxyz", "NLN NLN a@b a\u3000b 0\r\n", "MSG a b 99999999999\r\n", "MSG a b -1\r\n", "\r\n\r\n911 4\r\n", "QRY 5 P 3\r\nabcOUT",
		"LST N=a@b F=\xff\xfe C=1 11 1 \r\n", "MSG\r\n",
	} {
		f.Add([]byte(s), true)
		f.Add([]byte(s), false)
	}
	f.Fuzz(func(t *testing.T, b []byte, server bool) {
		from := FromClient
		if server {
			from = FromServer
		}
		list, err := readAll(bytes.NewReader(b), from)
		if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, ErrSyntax) && !errors.Is(err, ErrTooLong) {
			t.Fatalf("ends with %v", err)
		}
		again, errAgain := readAll(iotest.OneByteReader(bytes.NewReader(b)), from)
		if !reflect.DeepEqual(list, again) || err.Error() != errAgain.Error() {
			t.Fatalf("at once %+v, %v; byte by byte %+v, %v", list, err, again, errAgain)
		}
		for _, c := range list {
			if len(c.Payload) > MaxPayload {
				t.Fatalf("a payload of %d bytes", len(c.Payload))
			}
			wire := c.Append(nil)
			if len(wire) > MaxLine { // escaped, it may be longer than what was read
				continue
			}
			back, err := readAll(bytes.NewReader(wire), from)
			if len(back) != 1 || !errors.Is(err, io.EOF) || !sameCommand(back[0], c) {
				t.Fatalf("%+v is written %q and read %+v, %v", c, wire, back, err)
			}
		}
	})
}

func sameCommand(a, b Command) bool {
	if a.Name != b.Name || len(a.Args) != len(b.Args) || !bytes.Equal(a.Payload, b.Payload) {
		return false
	}
	for i := range a.Args {
		if a.Text(i) != b.Text(i) {
			return false
		}
	}
	return true
}

// FuzzEscape: what is escaped is one word and reads as it was; what is cut is a beginning that is short enough.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"", "a b", "100% ☃", "\xff\x00\r\n", "%4", "%zz%41"} {
		f.Add(s, 10)
	}
	f.Fuzz(func(t *testing.T, s string, max int) {
		e := Escape(s)
		if strings.ContainsFunc(e, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("%q is escaped %q", s, e)
		}
		if got, want := Unescape(e), strings.ToValidUTF8(s, "\uFFFD"); got != want && strings.ToValidUTF8(got, "") != strings.ToValidUTF8(s, "") {
			t.Errorf("%q reads %q, not %q", s, got, want)
		}
		_ = Unescape(s)
		if cut := Cut(s, max); !strings.HasPrefix(s, cut) || len(cut) > 0 && len(Escape(cut)) > max {
			t.Errorf("%q is cut to %q for %d", s, cut, max)
		}
	})
}

// FuzzMessage: a message that was read and written again reads the same, its body byte for byte.
func FuzzMessage(f *testing.F) {
	for _, s := range []string{
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nhello", "no header", "", "\r\n\r\n", "a: b\n c\n\nbody",
		"A:\xff\r\n\r\n\xff", strings.Repeat("a: b\r\n", 100) + "\r\nbody", "Content-Type: x; charset=\"y\"\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		first := ParseMessage(b)
		if len(first.Header) > maxFields {
			t.Fatalf("%d fields", len(first.Header))
		}
		second := ParseMessage(first.Append(nil))
		if !bytes.Equal(first.Body, second.Body) {
			t.Fatalf("body %q became %q", first.Body, second.Body)
		}
		if third := ParseMessage(second.Append(nil)); !reflect.DeepEqual(second.Header, third.Header) {
			t.Fatalf("%q became %q", second.Header, third.Header)
		}
		if first.Type() != second.Type() || first.Charset() != second.Charset() {
			t.Fatalf("%q, %q became %q, %q", first.Type(), first.Charset(), second.Type(), second.Charset())
		}
	})
}

// FuzzObject: an object that was read is the same when it is written and read again.
func FuzzObject(f *testing.F) {
	f.Add(PictureObject("a@b", []byte("data")).String())
	f.Add("<msnobj/>")
	f.Add("0")
	f.Add(`<msnobj Creator="&lt;&#xA;" Size="+5" Type="3" SHA1D="x"/>`)
	f.Add(`<!DOCTYPE x [<!ENTITY a "b">]><msnobj Creator="&a;"/>`)
	f.Add(`<msnobj Size="-1"/>`)
	f.Fuzz(func(t *testing.T, s string) {
		o, err := ParseObject(s)
		if err != nil {
			return
		}
		if o.Size < 0 {
			t.Fatalf("size %d", o.Size)
		}
		if written := o.String(); len(written) <= maxObject {
			if back, err := ParseObject(written); err != nil || back != o {
				t.Fatalf("%+v is written %s and read %+v, %v", o, written, back, err)
			}
		}
	})
}

// FuzzPacket: a packet that was read lies within its message, and is the same when it is written and read again.
func FuzzPacket(f *testing.F) {
	f.Add(Packet{Session: 1, ID: 2, Total: 3, Data: []byte("abc"), App: 1}.Append(nil))
	f.Add(Packet{ID: 2, Offset: 1202, Total: 5000, Data: make([]byte, MaxP2P)}.Append(nil))
	f.Add(make([]byte, 47))
	f.Add(bytes.Repeat([]byte{0xFF}, 60))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := ParsePacket(b)
		if err != nil {
			if !errors.Is(err, ErrPacket) {
				t.Fatalf("%v", err)
			}
			return
		}
		if len(p.Data) > MaxP2P || p.Offset > p.Total || uint64(len(p.Data)) > p.Total-p.Offset {
			t.Fatalf("%d bytes at %d of %d", len(p.Data), p.Offset, p.Total)
		}
		back, err := ParsePacket(p.Append(nil))
		if err != nil || !bytes.Equal(back.Data, p.Data) {
			t.Fatalf("%+v became %+v, %v", p, back, err)
		}
		back.Data, p.Data = nil, nil
		if !reflect.DeepEqual(back, p) {
			t.Fatalf("%+v became %+v", p, back)
		}
	})
}

// FuzzSLP: a message that was read reads the same from its second writing on, and an answer to it is one, of the same call.
func FuzzSLP(f *testing.F) {
	f.Add(SLP{Method: "INVITE", To: "a@b", From: "c@d", Branch: "{1}", CallID: "{2}", Type: SLPSession, Body: []Field{{"EUF-GUID", GUIDFile}, {"SessionID", "5"}}}.Append(nil))
	f.Add(SLP{Status: SLPOK, Reason: "OK", To: "a@b", From: "c@d"}.Append(nil))
	f.Add([]byte("MSNSLP/1.0 99999999999999999999 x\r\n\r\n"))
	f.Add([]byte("INVITE MSNMSGR:a MSNSLP/1.0\r\nContent-Length: -5\r\n\r\n\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := ParseSLP(b)
		if err != nil {
			if !errors.Is(err, ErrSLP) {
				t.Fatalf("%v", err)
			}
			return
		}
		wire := first.Append(nil)
		if len(wire) > maxSLP {
			return
		}
		second, err := ParseSLP(wire)
		if err != nil {
			t.Fatalf("%+v is written %q and read %v", first, wire, err)
		}
		third, err := ParseSLP(second.Append(nil))
		if err != nil || !reflect.DeepEqual(second, third) {
			t.Fatalf("%+v became %+v, %v", second, third, err)
		}
		answer, err := ParseSLP(second.Answer(SLPOK, "OK").Append(nil))
		if err != nil || answer.Status != SLPOK || answer.CallID != second.CallID || answer.Method != "" {
			t.Fatalf("%+v is answered %+v, %v", second, answer, err)
		}
	})
}

// xmlText is what XML can carry of s.
func xmlText(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	var back string
	if err := xml.Unmarshal([]byte("<a>"+b.String()+"</a>"), &back); err != nil {
		return ""
	}
	return back
}

// FuzzReply: any text comes back out of the answer that holds it; any document ends in an answer with bounds or an error;
// one that declares a type is never read.
func FuzzReply(f *testing.F) {
	for _, s := range []string{
		"", "From: a\r\n\r\nb", `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`, strings.Repeat("<a>", 1000), "<a><![CDATA[x]]></a>", "\xff",
		`<Envelope><Body><Fault><faultcode>q0:AuthenticationFailed</faultcode><detail><LockKeyChallenge>123</LockKeyChallenge></detail></Fault></Body></Envelope>`,
		"<MD>" + strings.Repeat("<M><I>x</I></M>", 2000) + "</MD>",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseReply([]byte(s))
		switch {
		case err != nil && !errors.Is(err, ErrXML):
			t.Fatalf("%v", err)
		case len(r.Mails) > maxMails:
			t.Fatalf("%d mails", len(r.Mails))
		}
		if _, err := ParseReply([]byte("<!DOCTYPE a>" + s)); err == nil {
			t.Fatalf("a document with a type is read")
		}
		r, err = ParseReply([]byte(soapHead + "<soap:Body><GetMessageResult>" + escaped(s) + "</GetMessageResult></soap:Body></soap:Envelope>"))
		if err != nil || r.Message != xmlText(s) || r.Fault != "" {
			t.Fatalf("%q came back as %+v, %v", s, r, err)
		}
	})
}

// FuzzEnvelope: whatever is put into a request, it is one document, and the store can take its content out again.
func FuzzEnvelope(f *testing.F) {
	f.Add("a@b", "Ä <nick>", "t=1&p=", "hello ☃")
	f.Add(`"/><Evil/>`, "\x00\x01", "]]>", "\xff\r\n.\r\n")
	f.Fuzz(func(t *testing.T, to, nick, ticket, text string) {
		content := OIMContent(text, "{RUN}", 7)
		for _, line := range strings.Split(content, "\r\n") {
			if len(line) > mailLine && !strings.Contains(line, ":") {
				t.Fatalf("a line of %d bytes", len(line))
			}
		}
		o, err := ParseOIM("From: " + nick + " <a@b>\r\n" + content)
		if err == nil && !strings.ContainsAny(nick, "\r\n") && (string(o.Text) != text || o.RunID != "{RUN}" || o.From != "a@b") {
			t.Fatalf("%q came back as %+v", text, o)
		}
		envelope := Store{From: "a@b", To: to, Nick: nick, Ticket: ticket, Content: content, Number: 7}.Envelope()
		got, err := texts([]byte(envelope), "Content", "MessageNumber")
		if err != nil || got["Content"] != content || got["MessageNumber"] != "7" {
			t.Fatalf("%q, %v", got, err)
		}
		request := MailRequest(ActionDelete, ticket, to, text)
		if got, err := texts([]byte(request), "messageId"); err != nil || got["messageId"] != xmlText(to) {
			t.Fatalf("%q, %v: %s", got, err, request)
		}
	})
}

// FuzzPassport: a ticket comes back out of the field that holds it; credentials are four fields and the challenge, whatever
// is in them; a nexus names an address with a scheme or none.
func FuzzPassport(f *testing.F) {
	f.Add("t=1&p=2", "a@b", "pass,word='%", "Passport1.4 da-status=success,from-PP='t=1,2&p=3'")
	f.Add("", "", "", "PassportURLs DALogin=login.example/x")
	f.Add("x", "y", "z", "Passport1.4 da-status=failed,cbtxt=a%20b,'''=,==")
	f.Fuzz(func(t *testing.T, ticket, name, password, field string) {
		ParseVerdict(field)
		if u := LoginURL(field); u != "" && !strings.Contains(u, "://") {
			t.Fatalf("address %q", u)
		}
		ticket = strings.ReplaceAll(ticket, "'", "")
		if v := ParseVerdict(Scheme + " da-status=success,tname=x,from-PP='" + ticket + "',ru=http://a"); v.Ticket != ticket || v.Status != "success" {
			t.Fatalf("%q came back as %+v", ticket, v)
		}
		parts := strings.SplitN(Credentials(name, password, "ct=1,id=2"), ",", 5)
		if len(parts) != 5 || parts[4] != "ct=1,id=2" {
			t.Fatalf("%q", parts)
		}
		for i, want := range map[int]string{2: "sign-in=" + name, 3: "pwd=" + password} {
			key, value, _ := strings.Cut(parts[i], "=")
			if got, err := url.PathUnescape(value); err != nil || key+"="+got != want {
				t.Fatalf("%q came back as %q, %v", want, got, err)
			}
		}
		plain := strings.ReplaceAll(ticket, "&", "")
		first, second := TicketParts("t=" + plain + "&p=x")
		if first != plain && plain != "" || second != "x" {
			t.Fatalf("%q came back as %q, %q", ticket, first, second)
		}
	})
}

// FuzzPersonal: a personal message and media come back out of the payload that holds them.
func FuzzPersonal(f *testing.F) {
	f.Add("gone fishing & <☃>", "White Rabbit", "Jefferson Airplane", []byte("<Data><PSM>x</PSM><CurrentMedia>\\0Music\\01\\0{0} - {1}\\0a\\0b\\0\\0</CurrentMedia></Data>"))
	f.Add("", "", "", []byte("<Data><PSM>&a;</PSM>"))
	f.Add("x", `a\0b`, `\`, []byte("\xff"))
	f.Fuzz(func(t *testing.T, message, title, artist string, raw []byte) {
		if p, err := ParsePersonal(raw); err != nil && p != (Personal{}) {
			t.Fatalf("%+v with %v", p, err)
		}
		media := Media{Title: title, Artist: artist}
		p, err := ParsePersonal(Personal{Message: message, Media: media}.Payload())
		if err != nil || p.Message != printable(xmlText(message)) {
			t.Fatalf("%q came back as %+v, %v", message, p, err)
		}
		if strings.ContainsAny(title+artist, `\{`) || title == "" {
			return
		}
		if want := (Media{Title: printable(xmlText(title)), Artist: printable(xmlText(artist))}); p.Media != want {
			t.Fatalf("%+v came back as %+v", want, p.Media)
		}
	})
}

// FuzzIMFormat: a style that was read is the same when it is written and read again.
func FuzzIMFormat(f *testing.F) {
	for _, s := range []string{"FN=Arial; EF=BI; CO=ff; CS=0; PF=22", "FN=%E2%98%83;EF=;CO=zz;RL=1", ";;==;", "CO=ffffffffff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		first := ParseIMFormat(s)
		if strings.ContainsAny(first.String(), "\r\n") {
			t.Fatalf("%q", first)
		}
		if first.Font == "" {
			first.Font = "Segoe UI"
		}
		if second := ParseIMFormat(first.String()); second != first {
			t.Fatalf("%+v became %+v", first, second)
		}
	})
}

// FuzzFileContext: what is offered is what is read, as far as a name fits.
func FuzzFileContext(f *testing.F) {
	f.Add("tarts.txt", uint64(12), "AAAA")
	f.Add(strings.Repeat("☃", 400), uint64(1)<<63, "!")
	f.Add("\x00\xff𝄞", uint64(0), strings.Repeat("A", 800))
	f.Fuzz(func(t *testing.T, name string, size uint64, raw string) {
		if c, err := ParseFileContext(raw); err == nil && (c.Name == "" || len(c.Name) > 3*nameUnits) {
			t.Fatalf("%+v", c)
		}
		first, err := ParseFileContext(FileContext{name, size}.String())
		if err != nil {
			return // nothing of the name could be shown
		}
		if first.Size != size {
			t.Fatalf("%d became %d", size, first.Size)
		}
		if second, err := ParseFileContext(first.String()); err != nil || second != first {
			t.Fatalf("%+v became %+v, %v", first, second, err)
		}
	})
}

// FuzzMails: a list has no more than its bounds, and every mail has an id.
func FuzzMails(f *testing.F) {
	f.Add("<MD><E/><M><I>1</I><E>a@b</E><N>=?utf-8?B?w6Q=?=</N><RT>2026-01-01T00:00:00.000Z</RT></M></MD>")
	f.Add("too-large")
	f.Add("<MD><M><I></I></M><M><M><I>x</I></M></M></MD>")
	f.Fuzz(func(t *testing.T, s string) {
		list, err := ParseMails(s)
		if err != nil && !errors.Is(err, ErrXML) || len(list) > maxMails {
			t.Fatalf("%d mails, %v", len(list), err)
		}
		for _, m := range list {
			if m.ID == "" {
				t.Fatalf("%+v", m)
			}
		}
	})
}
