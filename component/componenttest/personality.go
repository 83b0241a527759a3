package componenttest

import "imgate/xmpp"

// A Personality is how a server differs from others, as measured on Prosody 0.12.3, ejabberd 23.01 and
// jabberd2 2.7.0. An empty condition means that the server accepts.
type Personality struct {
	Name          string
	Lang          string         // xml:lang in the stream header; empty: none
	ClientSpace   bool           // stanzas come in jabber:client
	AsksDisco     bool           // two disco#info of "sm" come at once
	UnknownHost   xmpp.Condition // stream error for an unknown domain
	UnknownEarly  bool           // that error comes before the handshake
	OwnHost       xmpp.Condition // stream error for a domain of the server's own, before the handshake
	OwnText       string         // its text
	WrongSecret   xmpp.Condition // stream error for a wrong secret
	Text          string         // its text
	SecondIs      xmpp.Condition // stream error for a second connection of a domain
	KicksOld      bool           // that error goes to the first connection, and the second is accepted
	ChecksFrom    bool           // a wrong sender ends the stream with invalid-from; else the stanza comes back, addressed as it was
	GlobalRoutes  bool           // each connection may send from, and receives for, every domain of the server
	CaseSensitive bool           // the proof must be in lower case
	MaxStanza     int            // bytes; after a bigger one the connection is lost; 0: as good as none
}

// Personalities are the three servers as they come.
func Personalities() []Personality { return []Personality{Prosody(), Ejabberd(), Jabberd2()} }

// Prosody is Prosody 0.12.3 in its default configuration.
func Prosody() Personality {
	return Personality{
		Name: "prosody", Lang: "en", UnknownHost: "host-unknown", UnknownEarly: true, OwnHost: "host-unknown", WrongSecret: "not-authorized",
		Text: "Given token does not match calculated token", SecondIs: "conflict", ChecksFrom: true, MaxStanza: 512 << 10,
	}
}

// ProsodyKickingOld is Prosody with component_conflict_resolve = "kick_old".
func ProsodyKickingOld() Personality {
	p := Prosody()
	p.Name, p.KicksOld = "prosody, kick_old", true
	return p
}

// Ejabberd is ejabberd 23.01 with one listener for all domains.
func Ejabberd() Personality {
	return Personality{
		Name: "ejabberd", Lang: "en", UnknownHost: "not-authorized", OwnHost: "conflict",
		OwnText: "Unable to register route on existing local domain", WrongSecret: "not-authorized", ChecksFrom: true,
		GlobalRoutes: true, CaseSensitive: true,
	}
}

// Jabberd2 is jabberd2 2.7.0, which takes any domain that knows the secret of any, its own too.
func Jabberd2() Personality {
	return Personality{
		Name: "jabberd2", ClientSpace: true, AsksDisco: true, WrongSecret: "not-authorized", Text: "hash didn't match, auth failed",
	}
}
