package oscar

import (
	"maps"
	"reflect"
	"testing"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

const (
	cyrillic = "\xcf\xf0\xe8\xe2\xe5\xf2" // "Привет" in windows-1251, "Ïðèâåò" in windows-1252
	greeting = "Привет"
	mojibake = "Ïðèâåò"
)

// reads gives what a message of from says, and the other events that it brought.
func reads(t *testing.T, s *session, from string, text wire.Text) (string, []transports.Event) {
	t.Helper()
	s.events = nil
	s.receivedMessage(wire.SNAC{}, wire.Incoming{Channel: wire.ChannelText, From: wire.User{Name: from}, TLVs: wire.TLVs{messageTLV(t, text)}})
	m, ok := find[transports.Message](s.events)
	if !ok {
		t.Fatalf("no message: %+v", s.events)
	}
	return m.Body.String(), s.events[:len(s.events)-1]
}

func undeclared(s string) wire.Text { return wire.Text{Charset: wire.CharsetASCII, Data: []byte(s)} }
func latin1(s string) wire.Text     { return wire.Text{Charset: wire.CharsetLatin1, Data: []byte(s)} }

// Declared comes before learned, learned before the service's.
func TestWhichCharset(t *testing.T) {
	d := aim()
	s := newSession(d, transports.Env{Log: nilLog(), Settings: transports.Settings{"charset": {Text: "windows-1252"}}}, "alice", nil)
	says := func(text wire.Text, want string) {
		t.Helper()
		if got, _ := reads(t, s, "hatter", text); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	says(undeclared(cyrillic), mojibake)
	s.declaredText("hatter", []byte("only ASCII"), `text/aolrtf; charset="windows-1251"`)
	says(undeclared(cyrillic), mojibake) // which taught nothing
	s.events = nil
	if got := s.declaredText("hatter", []byte(cyrillic), `text/aolrtf; charset="windows-1251"`); got != greeting {
		t.Errorf("declared: %q", got)
	}
	if want := []transports.Event{transports.Learned{ID: "hatter", Charset: "windows-1251"}}; !reflect.DeepEqual(s.events, want) {
		t.Errorf("told %+v", s.events)
	}
	says(undeclared(cyrillic), greeting)
	says(undeclared("naïve"), "naïve") // UTF-8 shows by itself
	says(latin1("caf\xe9"), "café")    // and that is what is declared now
	if c := s.charsets["hatter"]; c.Name() != "windows-1252" {
		t.Errorf("learned %s", c.Name())
	}
	if got, _ := reads(t, s, "dormouse", undeclared(cyrillic)); got != mojibake {
		t.Errorf("what one taught counts for another: %q", got)
	}
	for _, nonsense := range []string{"klingon", `text/aolrtf; charset="klingon"`, "text/aolrtf; charset=", ";;", "us-ascii", ""} {
		if got := s.declaredText("dormouse", []byte(cyrillic), nonsense); got != mojibake {
			t.Errorf("%s: %q", nonsense, got)
		}
	}
}

// Clients of ICQ say Latin-1 and mean the charset of their country.
func TestCharsetOfANumber(t *testing.T) {
	s := newSession(icq(), transports.Env{Log: nilLog()}, "100001", nil)
	s.recall(map[transports.LegacyID]string{"200003": "windows-1253", "200004": "klingon", "200005": ""})
	if got, _ := reads(t, s, "200001", latin1(cyrillic)); got != mojibake {
		t.Errorf("unknown: %q", got)
	}
	answer := func(country uint16) wire.ICQMeta {
		data, err := wire.Encode(wire.ICQBasic{Texts: [wire.ICQBasicStrings][]byte{wire.ICQNick: []byte(cyrillic)}, Country: country})
		if err != nil {
			t.Fatal(err)
		}
		return wire.ICQMeta{Sub: wire.ICQBasicReply, Status: wire.ICQMetaOK, Data: data}
	}
	var p transports.ProfileResult
	s.gather("200001", &p, answer(7))
	if len(p.Fields) != 1 || p.Fields[0].Value != greeting {
		t.Errorf("%+v", p)
	}
	s.gather("200002", &p, answer(49))
	s.gather("200003", &p, answer(7)) // what was learned before stays
	for from, want := range map[string]string{"200001": greeting, "200002": mojibake, "200003": "Οπθβες", "200004": mojibake, "hatter": mojibake} {
		if got, _ := reads(t, s, from, latin1(cyrillic)); got != want && from != "200003" || from == "200003" && got == mojibake {
			t.Errorf("%s: %q, want %q", from, got, want)
		}
	}
	if got := maps.Collect(func(yield func(transports.LegacyID, string) bool) {
		for id, c := range s.charsets {
			if !yield(id, c.Name()) {
				return
			}
		}
	}); !reflect.DeepEqual(got, map[transports.LegacyID]string{"200001": "windows-1251", "200003": "windows-1253"}) {
		t.Errorf("learned %v", got)
	}
}

// However many there are who declare something, what is kept in mind is bounded.
func TestNobodyTeachesForEver(t *testing.T) {
	s := newSession(aim(), transports.Env{Log: nilLog()}, "alice", nil)
	for i := range 3 * maxLearned {
		s.declaredText(transports.LegacyID(rune(0x4E00+i)), []byte(cyrillic), "windows-1251")
	}
	if len(s.charsets) != maxLearned || len(s.events) != maxLearned {
		t.Errorf("%d learned, %d told", len(s.charsets), len(s.events))
	}
}

// Every name in the table is one of a charset.
func TestCountries(t *testing.T) {
	for country, name := range charsetsByCountry {
		s := newSession(icq(), transports.Env{Log: nilLog()}, "100001", nil)
		s.livesIn("200001", country)
		if got := s.charsets["200001"]; got.Name() != name {
			t.Errorf("%d: %s, want %s", country, got.Name(), name)
		}
	}
}
