package componenttest

import "imgate/xmpp"

// A Personality is how a server differs from others, as measured on Prosody 0.12.3, ejabberd 23.01 and
// jabberd2 2.7.0.
type Personality struct {
	Name          string
	Lang          string         // xml:lang in the stream header; empty: none
	ClientSpace   bool           // stanzas come in jabber:client
	UnknownHost   xmpp.Condition // stream error for an unknown domain; empty: accepted
	UnknownEarly  bool           // that error comes before the handshake
	WrongSecret   xmpp.Condition // stream error for a wrong secret
	Text          string         // text of the error for a wrong secret
	SecondIs      xmpp.Condition // stream error for a second connection of a domain; empty: accepted
	ChecksFrom    bool           // a wrong sender ends the stream with invalid-from
	GlobalRoutes  bool           // each connection may send from, and receives for, every domain of the server
	CaseSensitive bool           // the proof must be in lower case
}

// Prosody is Prosody 0.12.3 in its default configuration.
func Prosody() Personality {
	return Personality{
		Name: "prosody", Lang: "en", UnknownHost: "host-unknown", UnknownEarly: true, WrongSecret: "not-authorized",
		Text: "Given token does not match calculated token", SecondIs: "conflict", ChecksFrom: true,
	}
}

// Ejabberd is ejabberd 23.01 with one listener for all domains.
func Ejabberd() Personality {
	return Personality{
		Name: "ejabberd", Lang: "en", UnknownHost: "not-authorized", WrongSecret: "not-authorized", ChecksFrom: true,
		GlobalRoutes: true, CaseSensitive: true,
	}
}

// Jabberd2 is jabberd2 2.7.0, which takes any domain that knows the secret of any.
func Jabberd2() Personality {
	return Personality{Name: "jabberd2", ClientSpace: true, WrongSecret: "not-authorized", Text: "hash didn't match, auth failed"}
}
