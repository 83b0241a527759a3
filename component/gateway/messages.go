package gateway

import (
	"errors"
	"strings"
	"time"

	"imgate/component/gateway/chat"
	"imgate/component/gateway/speech"
	"imgate/richtext"
	"imgate/state"
	"imgate/transports"
	"imgate/xmpp"
)

// A bucket is a token bucket of messages a minute; its zero value is full.
type bucket struct {
	spent float64
	at    time.Time
}

func (b *bucket) take(now time.Time, perMinute int) bool {
	b.spent = max(0, b.spent-now.Sub(b.at).Minutes()*float64(perMinute))
	b.at = now
	if b.spent+1 > float64(perMinute) {
		return false
	}
	b.spent++
	return true
}

// onUserMessage takes a message of the user to a contact or to the gateway.
func (a *account) onUserMessage(m xmpp.Message) {
	if m.Type == xmpp.ErrorMessage {
		a.onRefused(m)
		return
	}
	if a.isOwn(m) {
		return
	}
	if isRoom(m.To) {
		a.onRoomStanza(m)
		return
	}
	if m.Type == xmpp.GroupchatMessage && m.To.Local == "" {
		return
	}
	if m.To.Local == "" {
		if !a.onUserEvent(m) {
			a.onMessageToGateway(m)
		}
		return
	}
	id, err := a.svc.legacyID(m.To)
	if err != nil {
		if text, _ := m.Body(); text != "" {
			a.fail(m, xmpp.JIDMalformed, speech.Of("%s", err))
		}
		return
	}
	if a.onDirectInvitation(m) {
		return
	}
	said, err := chat.Read(m, a.reg.Typed)
	if err != nil {
		a.refuseEncrypted(m, id)
		return
	}
	if said.Attention {
		a.sendAttention(m, id, len(said.Body.Runs) == 0)
	}
	switch {
	case a.onLinkToFile(m, id):
	case len(said.Body.Runs) > 0:
		a.sendToContact(m, id, said)
	case !said.Attention:
		a.sendTyping(said.State, id)
	}
}

// onMessageToGateway answers chat words.
func (a *account) onMessageToGateway(m xmpp.Message) {
	text, hasBody := m.Body()
	switch {
	case !hasBody:
	case a.rate.take(time.Now(), a.g.opt.MessagesPerMinute):
		a.words(m, text)
	default: // an error ends the talk of two who answer by themselves
		a.fail(m, xmpp.ResourceConstraint, "Too many messages in a minute.")
	}
}

// refuseEncrypted answers what only a client with the right key could read; the first time in words too, since
// many clients show no more of an error than that there was one.
func (a *account) refuseEncrypted(m xmpp.Message, id transports.LegacyID) {
	if !a.rate.take(time.Now(), a.g.opt.MessagesPerMinute) {
		a.fail(m, xmpp.ResourceConstraint, "Too many messages in a minute.")
		return
	}
	a.fail(m, xmpp.NotAcceptable, encryptedText)
	if t := a.talk(id); !t.warned {
		t.warned = true
		a.say(encryptedText, nil)
	}
}

func (a *account) sendToContact(m xmpp.Message, id transports.LegacyID, said chat.Said) {
	switch {
	case m.Type == xmpp.GroupchatMessage:
		a.fail(m, xmpp.FeatureNotImplemented, "This contact is not a room.")
	case len(said.Body.String()) > a.g.opt.MessageBytes:
		a.fail(m, xmpp.PolicyViolation, speech.Of("The message is longer than %d bytes.", a.g.opt.MessageBytes))
	case !a.rate.take(time.Now(), a.g.opt.MessagesPerMinute):
		a.fail(m, xmpp.ResourceConstraint, "Too many messages in a minute.")
	case !a.willSignOn():
		a.fail(m, xmpp.RecipientUnavailable, textNotSignedOn(a.svc.title(), a.machine.Snapshot()))
	default:
		a.talk(id).hears(said)
		a.queueMessage(m, id, said)
	}
}

// willSignOn reports whether a message may wait for the session.
func (a *account) willSignOn() bool {
	switch a.machine.Snapshot().State {
	case state.Online, state.TryingToConnect, state.Start:
		return true
	}
	return false
}

func (a *account) queueMessage(m xmpp.Message, id transports.LegacyID, said chat.Said) {
	p := pending{kind: pendingMessage, id: id, message: answerable(m), receipt: m.WantsReceipt(), events: said.Events}
	if said.Expires > 0 {
		p.expires = time.Now().Add(said.Expires)
	}
	ok := a.out.tagged(p, func(tag transports.Tag) transports.Command {
		return transports.SendMessage{Tag: tag, To: id, Body: said.Body, Auto: said.Notice}
	})
	if !ok {
		a.fail(m, xmpp.ResourceConstraint, "Too many messages are waiting.")
		return
	}
	if !p.expires.IsZero() && (a.due.expire.IsZero() || p.expires.Before(a.due.expire)) {
		a.due.expire = p.expires
	}
	if !a.signedOn() && a.due.held.IsZero() {
		a.due.held = time.Now().Add(heldForSignOn)
	}
}

// sendAttention nudges a contact (XEP-0224); alone tells that nothing else was said with it.
func (a *account) sendAttention(m xmpp.Message, id transports.LegacyID, alone bool) {
	refusal, text := xmpp.Condition(""), speech.Text("")
	switch {
	case !a.signedOn():
		refusal, text = xmpp.RecipientUnavailable, textNotSignedOn(a.svc.title(), a.machine.Snapshot())
	case !a.session.powers.Has(transports.CanAttention):
		refusal, text = xmpp.FeatureNotImplemented, "The network can't do this."
	case !a.rate.take(time.Now(), a.g.opt.MessagesPerMinute):
		refusal, text = xmpp.ResourceConstraint, "Too many messages in a minute."
	default:
		p := pending{kind: pendingOther}
		if alone {
			p = pending{kind: pendingMessage, id: id, message: answerable(m), receipt: m.WantsReceipt()}
		}
		if a.out.tagged(p, func(tag transports.Tag) transports.Command { return transports.SendAttention{Tag: tag, To: id} }) {
			return
		}
		refusal, text = xmpp.ResourceConstraint, "Too many messages are waiting."
	}
	if alone {
		a.fail(m, refusal, text)
	}
}

// answerable is m without its payload, in memory of its own.
func answerable(m xmpp.Message) xmpp.Message {
	h := m.Header
	h.ID, h.Lang = strings.Clone(h.ID), ""
	return xmpp.Message{Header: h, Type: m.Type}
}

// sendTyping passes on what the user's keyboard does, unless something that was said before still waits.
func (a *account) sendTyping(s xmpp.ChatState, id transports.LegacyID) {
	typing, meant := chat.Typing(s)
	if meant && a.signedOn() && a.session.powers.Has(transports.CanType) && a.out.empty() {
		a.out.push(transports.SendTyping{To: id, State: typing})
	}
}

// sendError tells the sender of m, on its id, that it has not arrived.
func (a *account) sendError(m xmpp.Message, err error) {
	a.fail(m, conditionOf(err), sentence(err))
}

// conditions tells which stanza error an error of Done becomes.
var conditions = []struct {
	err       error
	condition xmpp.Condition
	text      speech.Text
}{
	{transports.ErrUnsupported, xmpp.FeatureNotImplemented, "The network can't do this."},
	{transports.ErrBusy, xmpp.ResourceConstraint, "Too many requests are waiting for the network."},
	{transports.ErrUnknown, xmpp.ItemNotFound, "The network knows nobody of this name."},
	{transports.ErrUnavailable, xmpp.RecipientUnavailable, "The contact is not signed on, and the network keeps no message for it."},
	{transports.ErrDenied, xmpp.Forbidden, "The contact or the network refuses this."},
	{transports.ErrTooLong, xmpp.NotAcceptable, "Too long for this network."},
	{transports.ErrInvalid, xmpp.NotAcceptable, "The network does not accept this."},
	{transports.ErrNoAnswer, xmpp.RemoteServerTimeout, "The network did not answer; the message may not have arrived."},
	{transports.ErrDisconnected, xmpp.RemoteServerTimeout, "The connection to the network ended; the message may not have arrived."},
}

func conditionOf(err error) xmpp.Condition {
	for _, c := range conditions {
		if errors.Is(err, c.err) {
			return c.condition
		}
	}
	return xmpp.UndefinedCondition
}

// sentence is the text for the user; what a network adds to an error is not for them.
func sentence(err error) speech.Text {
	for _, c := range conditions {
		if errors.Is(err, c.err) {
			return c.text
		}
	}
	return "The network refused this."
}

// onLink takes an address that the user wants a contact to open (XEP-0066 §2).
func (a *account) onLink(q xmpp.IQ) {
	id, err := a.svc.legacyID(q.To)
	link := strings.TrimSpace(q.Query().ChildText(xmpp.IQOOBSpace, "url"))
	switch {
	case err != nil:
		a.fail(q, xmpp.JIDMalformed, speech.Of("%s", err))
	case link == "" || len(link) > a.g.opt.MessageBytes:
		a.fail(q, xmpp.BadRequest, "The address is missing or too long.")
	case !a.rate.take(time.Now(), a.g.opt.MessagesPerMinute):
		a.fail(q, xmpp.ResourceConstraint, "Too many messages in a minute.")
	default:
		if desc := strings.TrimSpace(q.Query().ChildText(xmpp.IQOOBSpace, "desc")); desc != "" && len(desc) <= a.g.opt.MessageBytes {
			link = desc + ": " + link
		}
		body := richtext.Plain(strings.Clone(link))
		a.ask(q, 0, func(tag transports.Tag) transports.Command {
			return transports.SendMessage{Tag: tag, To: id, Body: body}
		}, worked)
	}
}
