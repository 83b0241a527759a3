package chat

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"imgate/richtext"
	"imgate/xmltree"
	"imgate/xmpp"
)

// message reads a message stanza.
func message(t testing.TB, attrs, inner string) xmpp.Message {
	t.Helper()
	e, err := xmltree.Parse(fmt.Sprintf("<message xmlns='jabber:client' from='a@b/c' to='d@e' %s>%s</message>", attrs, inner), xmltree.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := xmpp.Parse(e)
	m, ok := s.(xmpp.Message)
	if err != nil || !ok {
		t.Fatal(err)
	}
	return m
}

const html = "<html xmlns='http://jabber.org/protocol/xhtml-im'><body xmlns='http://www.w3.org/1999/xhtml'>%s</body></html>"

func TestWhatAMessageSays(t *testing.T) {
	for _, c := range []struct{ name, attrs, inner, want string }{
		{"plain", "type='chat'", "<body>tea?</body>", "tea?"},
		{"empty", "type='chat'", "<body/>", ""},
		{"none", "type='chat'", "<subject>tea</subject>", ""},
		{"a chat has no subject", "type='chat'", "<subject>tea</subject><body>now</body>", "now"},
		{"a letter has", "", "<subject>tea</subject><body>now</body>", "tea\nnow"},
		{"once", "", "<subject>tea</subject><body>tea now</body>", "tea now"},
		{"a headline", "type='headline'", "<subject>News</subject><body>war</body>", "News\nwar"},
		{"languages", "xml:lang='en'", "<body xml:lang='de'>Tee</body><body xml:lang='en'>tea</body>", "tea"},
		{"no language", "", "<body xml:lang='de'>Tee</body><body>tea</body>", "tea"},
		{"a foreign one is better than none", "", "<body xml:lang='de'>Tee</body>", "Tee"},
		{"an action", "type='chat'", "<body>/me yawns</body>", "* Alice yawns"},
		{"not an action", "type='chat'", "<body>/men yawn</body>", "/men yawn"},
		{"a correction", "type='chat'", "<body>tea</body><replace xmlns='urn:xmpp:message-correct:0' id='x'/>", "* tea"},
		{"a link beside", "type='chat'", "<body>look</body><x xmlns='jabber:x:oob'><url>http://x.example/</url><desc>cat</desc></x>", "look\ncat: http://x.example/"},
		{"a link twice", "type='chat'", "<body>http://x.example/</body><x xmlns='jabber:x:oob'><url>http://x.example/</url></x>", "http://x.example/"},
		{"a link alone", "type='chat'", "<x xmlns='jabber:x:oob'><url>http://x.example/</url></x>", "http://x.example/"},
		{"the end of lines", "type='chat'", "<body>a&#13;\nb\n\n</body>", "a\nb"},
		{"a receipt", "", "<received xmlns='urn:xmpp:receipts' id='1'/>", ""},
		{"a marker, a reaction, a retraction", "", "<displayed xmlns='urn:xmpp:chat-markers:0' id='1'/><reactions xmlns='urn:xmpp:reactions:0' id='1'><reaction>x</reaction></reactions>", ""},
	} {
		s, err := Read(message(t, c.attrs, c.inner), "Alice")
		if got := s.Body.String(); err != nil || got != c.want || !s.Body.IsPlain() {
			t.Errorf("%s: %q %v", c.name, got, err)
		}
	}
}

func TestStyle(t *testing.T) {
	s, err := Read(message(t, "type='chat'", "<body>off with his head</body>"+fmt.Sprintf(html, "<p>off with <strong>his</strong> head</p>")), "")
	if err != nil || s.Body.IsPlain() || s.Body.String() != "off with his head" {
		t.Errorf("%+v %v", s.Body, err)
	}
	s, err = Read(message(t, "type='chat'", "<body>I pay</body>"+fmt.Sprintf(html, "<b>you pay</b>")), "")
	if err != nil || !s.Body.IsPlain() || s.Body.String() != "I pay" {
		t.Errorf("two different texts: %+v %v", s.Body, err)
	}
	told := Told{Body: richtext.Text{Runs: []richtext.Run{{Text: "a<b", Style: richtext.Style{Bold: true}}}}}
	out := xmpp.Message{Payload: told.Payload()}.Element().String()
	if !strings.Contains(out, "<body>a&lt;b</body>") || !strings.Contains(out, "<strong>a&lt;b</strong>") {
		t.Error(out)
	}
}

func TestEncryptedIsRefused(t *testing.T) {
	for name, inner := range map[string]string{
		"OMEMO":   "<body>[encrypted]</body><encrypted xmlns='eu.siacs.conversations.axolotl'><header/><payload>x</payload></encrypted>",
		"OMEMO 2": "<encrypted xmlns='urn:xmpp:omemo:2'><header/><payload>x</payload></encrypted><store xmlns='urn:xmpp:hints'/>",
		"OpenPGP": "<body>[encrypted]</body><x xmlns='jabber:x:encrypted'>x</x>",
		"OX":      "<openpgp xmlns='urn:xmpp:openpgp:0'>x</openpgp>",
		"EME":     "<body>[encrypted]</body><encryption xmlns='urn:xmpp:eme:0' namespace='x'/>",
		"OTR":     "<body>?OTRv23? somebody wants to talk in private</body>",
	} {
		if s, err := Read(message(t, "type='chat'", inner), "me"); !errors.Is(err, ErrEncrypted) || len(s.Body.Runs) != 0 {
			t.Errorf("%s: %+v %v", name, s, err)
		}
	}
	keys := "<encrypted xmlns='eu.siacs.conversations.axolotl'><header/></encrypted>"
	if s, err := Read(message(t, "type='chat'", keys), "me"); err != nil || len(s.Body.Runs) != 0 || s.State != xmpp.NoState {
		t.Errorf("an exchange of keys: %+v %v", s, err)
	}
}

func TestStatesEventsAndTheRest(t *testing.T) {
	said := func(inner string) Said {
		s, err := Read(message(t, "type='chat' id='m1'", inner), "me")
		if err != nil {
			t.Error(err)
		}
		return s
	}
	if s := said("<composing xmlns='http://jabber.org/protocol/chatstates'/>"); s.State != xmpp.Composing {
		t.Error(s)
	}
	if s := said("<x xmlns='jabber:x:event'><composing/><id>x</id></x>"); s.State != xmpp.Composing || s.Events.ID != "" {
		t.Error(s)
	}
	if s := said("<x xmlns='jabber:x:event'><id>x</id></x>"); s.State != xmpp.Active {
		t.Error(s)
	}
	if s := said("<body>x</body><x xmlns='jabber:x:event'><composing/><offline/></x>"); s.State != xmpp.NoState || s.Events != (Events{"m1", true, false, true}) {
		t.Error(s)
	}
	if s := said("<attention xmlns='urn:xmpp:attention:0'/>"); !s.Attention || len(s.Body.Runs) != 0 {
		t.Error(s)
	}
	if s := said("<body>x</body><thread>t1</thread><x xmlns='jabber:x:expire' seconds='60'/>"); s.Thread != "t1" || s.Expires != time.Minute {
		t.Error(s)
	}
	for _, wrong := range []string{"-1", "x", "99999999999999999999"} {
		if s := said("<body>x</body><x xmlns='jabber:x:expire' seconds='" + wrong + "'/>"); s.Expires != 0 {
			t.Error(s)
		}
	}
	if s := said("<body>x</body><thread>" + strings.Repeat("t", 300) + "</thread>"); s.Thread != "" {
		t.Error(s)
	}
}

// Whatever a message holds: what is encrypted says nothing, and what is said can be told again.
func FuzzRead(f *testing.F) {
	f.Add("<body>tea</body>")
	f.Add("<body>tea</body>" + fmt.Sprintf(html, "<p style='color:red'>tea</p>"))
	f.Add("<encrypted xmlns='urn:xmpp:omemo:2'><payload/></encrypted><body>?OTR</body>")
	f.Add("<subject/><body xml:lang='x'/><x xmlns='jabber:x:oob'><url>u</url></x><x xmlns='jabber:x:event'/>")
	f.Fuzz(func(t *testing.T, inner string) {
		e, err := xmltree.Parse("<message xmlns='jabber:client'>"+inner+"</message>", xmltree.Limits{})
		if err != nil {
			return
		}
		s, err := xmpp.Parse(e)
		m, ok := s.(xmpp.Message)
		if err != nil || !ok {
			return
		}
		said, err := Read(m, "me")
		if err != nil && len(said.Body.Runs) > 0 {
			t.Errorf("refused, and yet: %+v", said)
		}
		text := said.Body.String()
		if strings.HasPrefix(text, "?OTR") && m.Child(xmpp.ClientSpace, "body") != nil {
			t.Errorf("said: %q", text)
		}
		told := xmpp.Message{Payload: Told{Body: said.Body}.Payload()}
		again, err := xmltree.Parse(told.Element().String(), xmltree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got := again.ChildText(xmpp.ClientSpace, "body"); strings.TrimSpace(got) == "" && strings.TrimSpace(text) != "" {
			t.Errorf("%q is told as %q", text, got)
		}
	})
}
