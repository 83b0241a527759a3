package gateway

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"imgate/richtext"
	"imgate/state"
	"imgate/transports"
	"imgate/xmltree"
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
	if m.Type == xmpp.GroupchatMessage && m.To.Local == "" {
		return
	}
	text, hasBody := m.Body()
	if m.To.Local == "" {
		switch {
		case !hasBody:
		case a.rate.take(time.Now(), a.g.opt.MessagesPerMinute):
			a.words(m, text)
		default: // an error ends the talk of two who answer by themselves
			a.fail(m, xmpp.ResourceConstraint, "Too many messages in a minute.")
		}
		return
	}
	id, err := a.svc.legacyID(m.To)
	if err != nil {
		if hasBody {
			a.fail(m, xmpp.JIDMalformed, err.Error())
		}
		return
	}
	if hasBody && text != "" {
		a.sendToContact(m, id, text)
		return
	}
	a.sendTyping(m, id)
}

func (a *account) sendToContact(m xmpp.Message, id transports.LegacyID, text string) {
	switch {
	case m.Type == xmpp.GroupchatMessage:
		a.fail(m, xmpp.FeatureNotImplemented, "This contact is not a room.")
	case len(text) > a.g.opt.MessageBytes:
		a.fail(m, xmpp.PolicyViolation, fmt.Sprintf("The message is longer than %d bytes.", a.g.opt.MessageBytes))
	case !a.rate.take(time.Now(), a.g.opt.MessagesPerMinute):
		a.fail(m, xmpp.ResourceConstraint, "Too many messages in a minute.")
	case !a.willSignOn():
		a.fail(m, xmpp.RecipientUnavailable, textNotSignedOn(a.svc.title(), a.machine.Snapshot()))
	default:
		a.queueMessage(m, id, text)
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

func (a *account) queueMessage(m xmpp.Message, id transports.LegacyID, text string) {
	p := pending{kind: pendingMessage, id: id, message: answerable(m), receipt: m.WantsReceipt()}
	ok := a.out.tagged(p, func(tag transports.Tag) transports.Command {
		return transports.SendMessage{Tag: tag, To: id, Body: richtext.Plain(strings.Clone(text))}
	})
	if !ok {
		a.fail(m, xmpp.ResourceConstraint, "Too many messages are waiting.")
		return
	}
	if (a.session == nil || !a.session.signedOn) && a.due.held.IsZero() {
		a.due.held = time.Now().Add(heldForSignOn)
	}
}

// answerable is m without its payload, in memory of its own.
func answerable(m xmpp.Message) xmpp.Message {
	h := m.Header
	h.ID, h.Lang = strings.Clone(h.ID), ""
	return xmpp.Message{Header: h, Type: m.Type}
}

func (a *account) sendTyping(m xmpp.Message, id transports.LegacyID) {
	s := a.session
	if s == nil || !s.signedOn || !s.powers.Has(transports.CanType) || !a.out.empty() {
		return
	}
	switch m.State() {
	case xmpp.Composing:
		a.out.push(transports.SendTyping{To: id, State: transports.TypingActive})
	case xmpp.Paused:
		a.out.push(transports.SendTyping{To: id, State: transports.TypingPaused})
	case xmpp.Active, xmpp.Inactive, xmpp.GoneState:
		a.out.push(transports.SendTyping{To: id, State: transports.TypingStopped})
	case xmpp.NoState:
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
	text      string
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
func sentence(err error) string {
	for _, c := range conditions {
		if errors.Is(err, c.err) {
			return c.text
		}
	}
	return "The network refused this."
}

// onMessage brings a message of the network to the user.
func (a *account) onMessage(ev transports.Message) {
	from, ok := a.address(ev.From)
	if !ok {
		return
	}
	m := xmpp.Message{
		Header: xmpp.Header{ID: a.newID("m", a.g.run), From: from.WithResource(Resource), To: a.user},
		Type:   xmpp.ChatMessage,
		Payload: []*xmltree.Element{
			xmpp.Leaf("body", ev.Body.String()),
		},
	}
	if !ev.Stored {
		m.Payload = append(m.Payload, xmpp.Active.Element())
	}
	if ev.Stored || !ev.Sent.IsZero() {
		m.Payload = append(m.Payload, xmpp.Delay(a.svc.jid(), orDefault(ev.Sent, time.Now()))...)
	}
	a.sendMessage(m, ev.Seq)
}

func (a *account) onTyping(ev transports.TypingFrom) {
	from, ok := a.address(ev.From)
	if !ok || len(a.resources) == 0 {
		return
	}
	s := xmpp.Active
	switch ev.State {
	case transports.TypingActive:
		s = xmpp.Composing
	case transports.TypingPaused:
		s = xmpp.Paused
	case transports.TypingStopped:
	}
	a.send(xmpp.Message{
		Header:  xmpp.Header{ID: a.newID("t"), From: from.WithResource(Resource), To: a.user},
		Type:    xmpp.ChatMessage,
		Payload: []*xmltree.Element{s.Element(), xmltree.New(xmpp.HintsSpace, "no-store")},
	})
}
