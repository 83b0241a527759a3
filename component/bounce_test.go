package component_test

import (
	"imgate/component/componenttest"
	"imgate/xmpp"
)

// bounces are what the servers make of a message that they can't deliver: to a user who is not there, to a domain
// that nobody has. jabberd2's router leaves the addresses as they were.
func bounces() map[string][]string {
	const end = " xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>"
	return map[string][]string{
		"prosody": {
			"<message id='m1' to='aim.example.org' type='error' from='bob@example.net'><error type='cancel'><service-unavailable" + end + "</error></message>",
			"<message id='m1' to='aim.example.org' type='error' from='bob@example.net'><error type='wait'><remote-server-timeout" + end +
				"<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>Component unavailable</text><not-connected xmlns='xmpp:prosody.im/protocol/component'/></error></message>",
		},
		"ejabberd": {
			"<message to='aim.example.org' from='bob@example.net' type='error' id='m1'><error type='cancel'><service-unavailable" + end + "</error><body>x</body></message>",
			"<message to='aim.example.org' from='bob@example.net' type='error' id='m1'><error type='auth'><forbidden" + end +
				"<text xml:lang='en' xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>Access denied by service policy</text></error><body>x</body></message>",
		},
		"jabberd2": {
			"<message xmlns='jabber:client' to='aim.example.org' from='bob@example.net' id='m1' type='error'><error code='503' type='cancel'><service-unavailable" + end + "</error><body>x</body></message>",
			"<message xmlns='jabber:client' type='error' to='bob@example.net' from='aim.example.org' id='m1'><error type='cancel' code='503'><service-unavailable" + end + "</error><body>x</body></message>",
		},
	}
}

func bounce(s *stage, p componenttest.Personality) {
	peer := s.up()
	for _, raw := range bounces()[p.Name] {
		peer.Send(raw)
		m, ok := s.hear().(xmpp.Message)
		if !ok || m.ID != "m1" || m.Type != xmpp.ErrorMessage || m.To != aim || m.From.String() != "bob@example.net" || xmpp.ErrorOf(m) == nil {
			s.Errorf("heard %+v of %s", m, raw)
		}
	}
}

// awayHost pings a server whose own domain can't be reached at the moment, as when jabberd2's session manager
// restarts: an error is an answer, so that what was refused before it is known to be.
func awayHost(s *stage, p componenttest.Personality) {
	peer := s.up()
	answered := make(chan error, 1)
	go func() { answered <- s.link.Barrier(s.Context()) }()
	ping := s.next(peer).(xmpp.IQ)
	back, _ := xmpp.ErrorReply(ping, xmpp.NewError(xmpp.ServiceUnavailable, ""))
	if !p.ChecksFrom { // jabberd2
		back = xmpp.Readdressed(back, ping.From, ping.To)
	}
	peer.SendStanza(back)
	if err := <-answered; err != nil {
		s.Error(err)
	}
}
