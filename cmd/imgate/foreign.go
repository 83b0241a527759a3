package main

import (
	"log/slog"
	"sync"

	"imgate/component"
	"imgate/xmpp"
)

// maxForeign is how many domains of others are told of.
const maxForeign = 16

// foreign are the domains that nobody here serves and the XMPP server brings us stanzas for. ejabberd does that: whoever attaches is a
// route to all hosts of the listener. The mutex stands between the readers of the links.
type foreign struct {
	log  *slog.Logger
	mu   sync.Mutex
	told map[string]bool
}

// refuse answers what wants an answer in the name of such a domain, on the link on which it came, so that nobody waits for it,
// or takes a message for delivered. The log has each domain once.
func (f *foreign) refuse(l *component.Link, s xmpp.Stanza) {
	if s.Head().To.IsZero() {
		return
	}
	f.tell(s.Head().To.Domain)
	if _, presence := s.(xmpp.Presence); presence {
		return
	}
	if reply, ok := xmpp.ErrorReply(s, xmpp.NewError(xmpp.ServiceUnavailable, "Nobody serves this domain.")); ok {
		l.Reply(reply)
	}
}

func (f *foreign) tell(domain string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.told[domain] || len(f.told) >= maxForeign {
		return
	}
	if f.told == nil {
		f.told = map[string]bool{}
	}
	f.told[domain] = true
	f.log.Warn("the XMPP server brings stanzas for a domain that is not ours; is it among the listener's hosts?", "domain", domain)
}
