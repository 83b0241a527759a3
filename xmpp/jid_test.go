package xmpp_test

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"imgate/xmpp"
)

func TestParseJIDSplitsAndPrepares(t *testing.T) {
	long := strings.Repeat("a", xmpp.MaxJIDPart)
	for in, want := range map[string]xmpp.JID{
		"sm":                      {Domain: "sm"},
		"host/r@x":                {Domain: "host", Resource: "r@x"},
		"host/a/b":                {Domain: "host", Resource: "a/b"},
		"u@host/a/b@c":            {Local: "u", Domain: "host", Resource: "a/b@c"},
		"Alice@Example.ORG./Home": {Local: "alice", Domain: "example.org", Resource: "Home"},
		"STRASSE@[::1]":           {Local: "strasse", Domain: "[::1]"},
		`mona\40x.net@msn.host`:   {Local: `mona\40x.net`, Domain: "msn.host"},
		"Ünal@exämple.org/ ":      {Local: "ünal", Domain: "exämple.org", Resource: " "},
		"#room@aim.host/Ａ":        {Local: "#room", Domain: "aim.host", Resource: "Ａ"},
		long + "@" + long:         {Local: long, Domain: long},
	} {
		got, err := xmpp.ParseJID(in)
		if err != nil || got != want {
			t.Errorf("%q: got %#v, %v", in, got, err)
		}
	}
}

func TestParseJIDRefuses(t *testing.T) {
	long := strings.Repeat("a", xmpp.MaxJIDPart+1)
	for _, in := range []string{
		"", "@", "/", "@h", "u@", "h/", "u@/r", "u@@h", "u@h@i", "a b@h", "a'b@h", "a\x00@h", "u@h\x01", "u@a b", "u@h/\x01", "u@h/\xff", "\xff@h",
		"u@..", "u@.", "u@h..", "u@.h", "u@[::1", "u@[1.2.3.4]", "u@h!", long + "@h", "u@" + long, "u@h/" + long, "☃@h", "u@h\u2028",
	} {
		if got, err := xmpp.ParseJID(in); !errors.Is(err, xmpp.ErrJID) {
			t.Errorf("%q: got %#v, %v", in, got, err)
		}
	}
}

func TestPreparedAddressesStayAsTheyAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j, err := xmpp.ParseJID(rapid.String().Draw(t, "s"))
		if err != nil {
			return
		}
		if again, err := xmpp.ParseJID(j.String()); err != nil || again != j {
			t.Fatalf("%#v becomes %#v, %v", j, again, err)
		}
	})
}

func TestEscapeLocalFollowsTheXEP(t *testing.T) {
	for in, want := range map[string]string{ // XEP-0106 §5.1
		"space cadet":       `space\20cadet`,
		`call me "ishmael"`: `call\20me\20\22ishmael\22`,
		`at&t guy`:          `at\26t\20guy`,
		`d'artagnan`:        `d\27artagnan`,
		`/.fanboy`:          `\2f.fanboy`,
		`::foo::`:           `\3a\3afoo\3a\3a`,
		`<foo>`:             `\3cfoo\3e`,
		`user@host`:         `user\40host`,
		`c:\net`:            `c\3a\net`,
		`c:\\net`:           `c\3a\\net`,
		`c:\cool stuff`:     `c\3a\cool\20stuff`,
		`c:\5commas`:        `c\3a\5c5commas`,
		`mona@example.net`:  `mona\40example.net`,
		`plain`:             `plain`,
		`back\`:             `back\`,
		`\23`:               `\5c23`,
	} {
		if got := xmpp.EscapeLocal(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
		if got := xmpp.UnescapeLocal(want); got != in {
			t.Errorf("%q: back as %q", want, got)
		}
	}
	if got := xmpp.UnescapeLocal(xmpp.EscapeHash("#a")); got != "#a" {
		t.Errorf("hash back as %q", got)
	}
}

func TestEscapeLocalIsUndone(t *testing.T) {
	alphabet := rapid.SampledFrom([]rune(`\ "&'/:<>@025367cfCaé#`))
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(alphabet).Draw(t, "s")
		escaped := xmpp.EscapeLocal(s)
		if got := xmpp.UnescapeLocal(escaped); got != s {
			t.Fatalf("%q escaped %q, back %q", s, escaped, got)
		}
		if strings.ContainsAny(escaped, ` "&'/:<>@`) {
			t.Fatalf("%q escaped %q", s, escaped)
		}
	})
}
