package gateway

import (
	"strings"
	"time"

	"imgate/component/gateway/speech"
	"imgate/state"
	"imgate/xmltree"
	"imgate/xmpp"
)

// Chat words: what a user without any other door says to the gateway.

// A chatAsker is answered by a message.
type chatAsker struct {
	svc *Service
	m   xmpp.Message
}

func (c chatAsker) answer(a *account, text speech.Text, err error) {
	if err != nil {
		text = speech.Text(asStanzaError(err).Text)
	}
	deliver(a, c.svc, c.svc.chat(c.m.From, text.In(tongue(a, c.svc, c.m))))
}

// chat is a line of the gateway to a client, not to be archived.
func (s *Service) chat(to xmpp.JID, text string) xmpp.Message {
	return xmpp.Message{
		Header:  xmpp.Header{From: s.jid(), To: to},
		Type:    xmpp.ChatMessage,
		Payload: []*xmltree.Element{xmpp.Leaf("body", text), xmltree.New(xmpp.HintsSpace, "no-store")},
	}
}

// word is the first word of a line in lower case ("sign off" counts as one), and the rest.
func word(text string) (string, string) {
	text = strings.TrimSpace(text)
	first, rest, _ := strings.Cut(text, " ")
	first = strings.ToLower(first)
	if first == "sign" {
		if second, more, _ := strings.Cut(strings.TrimSpace(rest), " "); strings.EqualFold(second, "off") {
			return "sign off", more
		}
	}
	return first, strings.TrimSpace(rest)
}

// words answers a registered user. What needs the registry goes to the desk.
func (a *account) words(m xmpp.Message, text string) {
	asker := chatAsker{a.svc, m}
	switch w, _ := word(text); w {
	case "status":
		s := a.machine.Snapshot()
		wait, waiting := s.UntilNext(time.Now())
		asker.answer(a, textState(a.svc.title(), s, wait, waiting), nil)
	case "reconnect":
		a.onWish(wishItem{state.Reconnect{}, asker})
	case "sign off":
		a.onWish(wishItem{state.SignOff{}, asker})
	case "register", "unregister":
		if !a.g.desk.offer(a.svc, m) {
			asker.answer(a, "The gateway is busy; try again.", nil)
		}
	default:
		asker.answer(a, textHelp(a.svc.title(), a.svc.Domain, a.g.opt.ChatPasswords), nil)
	}
}

// words answers at the desk: users who are not registered, and what needs the registry.
func (d *desk) words(svc *Service, m xmpp.Message, text string) {
	asker := chatAsker{svc, m}
	switch w, rest := word(text); w {
	case "register":
		d.wordRegister(svc, m.From, rest, asker)
	case "unregister":
		d.unregister(svc, m.From, asker)
	case "status", "reconnect", "sign off":
		asker.answer(nil, speech.Of("You are not registered with %s.", svc.title()), nil)
	default:
		asker.answer(nil, textHelp(svc.title(), svc.Domain, d.g.opt.ChatPasswords), nil)
	}
}

func (d *desk) wordRegister(svc *Service, from xmpp.JID, rest string, asker asker) {
	if !d.g.opt.ChatPasswords {
		asker.answer(nil, speech.Of("Passwords are not taken by chat, since servers archive it. Use your client's service discovery on %s, or its commands.", svc.Domain), nil)
		return
	}
	i := strings.LastIndex(rest, " ")
	if i < 0 {
		asker.answer(nil, "Send: register NAME PASSWORD", nil)
		return
	}
	d.register(svc, from, rest[:i], rest[i+1:], asker)
}
