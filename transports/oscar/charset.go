package oscar

import (
	"bytes"
	"mime"
	"strings"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// A text that says its charset is read in that one. One that does not is read as UTF-8 if it is that; else in the charset
// that its author was seen to use, by another text that says it or by the country in ICQ's database; else in the service's.

const maxLearned = 1000 // contacts whose charset is kept in mind

// recall takes what earlier sessions have learned.
func (s *session) recall(charsets map[transports.LegacyID]string) {
	for id, name := range charsets {
		if c, err := richtext.CharsetOf(name); err == nil && name != "" && len(s.charsets) < maxLearned {
			s.keepCharset(id, c)
		}
	}
}

func (s *session) keepCharset(id transports.LegacyID, c richtext.Charset) {
	if s.charsets == nil {
		s.charsets = make(map[transports.LegacyID]richtext.Charset)
	}
	s.charsets[id] = c
}

// writesIn notes that id writes in c where it does not say so, and tells the gateway of what is new.
func (s *session) writesIn(id transports.LegacyID, c richtext.Charset) {
	have, known := s.charsets[id]
	if !known {
		have = s.charset
	}
	if have.Name() == c.Name() || !known && len(s.charsets) >= maxLearned {
		return
	}
	s.keepCharset(id, c)
	s.tell(transports.Learned{ID: id, Charset: c.Name()})
}

// textOf reads what id wrote without saying the charset.
func (s *session) textOf(id transports.LegacyID, b []byte) string {
	c, learned := s.charsets[id]
	if !learned {
		c = s.charset
	}
	return richtext.Guess(bytes.TrimRight(b, "\x00"), c)
}

// text reads bytes of which nobody says the charset, nor who wrote them.
func (s *session) text(b []byte) string { return s.textOf("", b) }

// declaredText reads what id wrote under a media type with a charset, or under the name of one. Today's servers claim
// us-ascii for whatever it is; AOL's told the truth.
func (s *session) declaredText(id transports.LegacyID, b []byte, declared string) string {
	name := declared
	if _, parameters, err := mime.ParseMediaType(declared); err == nil && parameters["charset"] != "" {
		name = parameters["charset"]
	}
	switch name = strings.ToLower(strings.TrimSpace(name)); name {
	case "unicode-2-0":
		return richtext.DecodeUTF16(b)
	case "", "us-ascii", "utf-8":
		return s.textOf(id, b)
	}
	c, err := richtext.CharsetOf(name)
	if err != nil {
		return s.textOf(id, b)
	}
	if !richtext.IsASCII(string(b)) {
		s.writesIn(id, c)
	}
	return c.Decode(b)
}

// decodeText reads the bytes of a message. Charset 0 is called ASCII and holds whatever the sender's client meant. 3 is
// called Latin-1, which in truth is windows-1252; but clients of ICQ mean the charset of their own country by it.
func (s *session) decodeText(from transports.LegacyID, t wire.Text) string {
	switch {
	case t.Charset == wire.CharsetUnicode:
		return richtext.DecodeUTF16(bytes.TrimSuffix(t.Data, []byte{0, 0}))
	case t.Charset == wire.CharsetLatin1 && !isDigits(string(from)):
		if !richtext.IsASCII(string(t.Data)) {
			s.writesIn(from, richtext.Charset{})
		}
		return richtext.Charset{}.Decode(bytes.TrimRight(t.Data, "\x00"))
	}
	return s.textOf(from, t.Data)
}

// charsetsByCountry are those in which clients of ICQ write, by the country in the database, which is the one of
// telephone numbers (lore).
var charsetsByCountry = map[uint16]string{
	7: "windows-1251", 375: "windows-1251", 380: "windows-1251", 359: "windows-1251", 381: "windows-1251", 389: "windows-1251",
	36: "windows-1250", 40: "windows-1250", 42: "windows-1250", 48: "windows-1250", 385: "windows-1250", 386: "windows-1250",
	420: "windows-1250", 421: "windows-1250", 4201: "windows-1250",
	30: "windows-1253", 357: "windows-1253", 90: "windows-1254", 972: "windows-1255",
	20: "windows-1256", 98: "windows-1256", 962: "windows-1256", 966: "windows-1256", 971: "windows-1256",
	370: "windows-1257", 371: "windows-1257", 372: "windows-1257", 84: "windows-1258",
	66: "windows-874", 81: "shift_jis", 82: "euc-kr", 86: "gbk", 852: "big5", 886: "big5",
}

// livesIn learns the charset of somebody of that country.
func (s *session) livesIn(id transports.LegacyID, country uint16) {
	if c, err := richtext.CharsetOf(charsetsByCountry[country]); err == nil && charsetsByCountry[country] != "" {
		if _, known := s.charsets[id]; !known { // what a text says of itself counts for more
			s.writesIn(id, c)
		}
	}
}
