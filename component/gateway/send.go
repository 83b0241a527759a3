package gateway

import (
	"context"
	"errors"
	"slices"
	"time"

	"imgate/component/gateway/speech"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

const (
	// heldStanzas is how many messages wait for the link; then the session is told to wait, by TCP.
	heldStanzas = 50
	// sendWait bounds how long a loop waits for a link that takes nothing.
	sendWait = 5 * time.Second
	// sendAgainAfter is when held messages are tried again, where no change of the link does it before.
	sendAgainAfter = time.Second
	// late is from when on a message that has waited says since when.
	late = 10 * time.Second
	// tellAgainAfter is when the presence that a link without room has swallowed is told again.
	tellAgainAfter = 10 * time.Second
)

// A held message waits for the link. It is boxed once for the link and all who remember it.
type held struct {
	stanza  xmpp.Stanza
	seq     transports.Seq // as the network knows it; 0: not at all
	delayed *delayed       // nil: it has not waited yet
}

// delayed is what has happened to a message that was not there at once; few have one.
type delayed struct {
	since   time.Time
	refused int // how often, by the user's server
}

// waits is h that has to wait from now on, if it did not before.
func (h held) waits() held {
	if h.delayed == nil {
		h.delayed = &delayed{since: time.Now()}
	}
	return h
}

// stamped is h with the time at which it was said, where it has words and has waited for so long that it matters (XEP-0203).
func (h held) stamped(by xmpp.JID) held {
	m, ok := h.stanza.(xmpp.Message)
	if !ok || h.delayed == nil || time.Since(h.delayed.since) < late {
		return h
	}
	body, _ := m.Body()
	if _, known := xmpp.SentAt(m.Payload); known || body == "" {
		return h
	}
	m.Payload = append(slices.Clip(m.Payload), xmpp.Delay(by, h.delayed.since)...)
	h.stanza = m
	return h
}

// send gives a stanza to the link. While that is down messages wait, and everything else is dropped: presence
// is told anew afterwards, and whoever waits for an iq has a time-out.
func (a *account) send(s xmpp.Stanza) {
	if _, ok := s.(xmpp.Message); ok {
		a.pass(held{stanza: s})
		return
	}
	err := a.give(s)
	switch _, presence := s.(xmpp.Presence); {
	case err == nil:
	case !errors.Is(err, ErrLinkDown):
		a.log.Error("a stanza can't be sent", "err", err)
	case presence && !a.linkDown && a.due.again.IsZero(): // it may only have been full, and then nobody will say that it is back
		a.due.again = time.Now().Add(tellAgainAfter)
	}
}

// tellAgain does what is done when a link is back, for one that was never gone and had no room.
func (a *account) tellAgain() {
	if a.linkDown || a.over {
		return
	}
	a.onLinkUp()
	if len(a.resources) > 0 {
		a.sendState(a.user)
	}
}

// sendMessage sends a message that the network knows as seq, or holds it.
func (a *account) sendMessage(m xmpp.Message, seq transports.Seq) { a.pass(held{stanza: m, seq: seq}) }

// pass is sendMessage of a message that is boxed already.
func (a *account) pass(h held) {
	if len(a.held) > 0 {
		a.held = append(a.held, h.waits())
		return
	}
	switch err := a.give(h.stanza); {
	case err == nil:
		a.keep(h)
	case errors.Is(err, ErrLinkDown):
		a.held = append(a.held, h.waits())
		a.due.retry = time.Now().Add(sendAgainAfter) // it may only have been full
	default:
		a.log.Error("a message can't be sent", "err", err)
		a.giveUp(h)
	}
}

// give hands a stanza to the link. One that takes nothing for a while counts as down.
func (a *account) give(s xmpp.Stanza) error {
	err := a.svc.Link.Offer(s)
	if errors.Is(err, ErrLinkFull) {
		err = a.sendWaiting(s)
	}
	if errors.Is(err, ErrLinkFull) {
		return ErrLinkDown
	}
	return err
}

// sendWaiting sends over a link that has no room, within sendWait.
func (a *account) sendWaiting(s xmpp.Stanza) error {
	ctx, cancel := context.WithTimeout(a.g.ctx, sendWait)
	defer cancel()
	err := a.svc.Link.Send(ctx, s)
	if err != nil && ctx.Err() != nil {
		return ErrLinkFull
	}
	return err
}

// flushHeld sends what waited for the link, as far as it goes.
func (a *account) flushHeld() {
	waited := a.held
	a.held, a.due.retry = nil, time.Time{}
	for _, h := range waited {
		a.pass(h.stamped(a.svc.jid()))
	}
}

// retryHeld is flushHeld while the link is believed to be up.
func (a *account) retryHeld() {
	if !a.linkDown {
		a.flushHeld()
	}
}

func (a *account) fail(s xmpp.Stanza, c xmpp.Condition, text speech.Text) {
	if reply, ok := xmpp.ErrorReply(s, xmpp.NewError(c, text.In(a.tongueOf(s)))); ok {
		a.send(reply)
	}
}

// say sends a message of the gateway to the user, not to be archived (XEP-0334), with a machine-readable
// element or none.
func (a *account) say(text speech.Text, x *xmltree.Element) {
	a.send(xmpp.Message{
		Header: xmpp.Header{ID: a.newID("notice", a.g.run), From: a.svc.jid(), To: a.user},
		Type:   xmpp.ChatMessage,
		Payload: append([]*xmltree.Element{
			xmpp.Leaf("body", text.In(a.tongue())), xmltree.New(xmpp.HintsSpace, "no-store"),
		}, optional(x)...),
	})
}

func optional(e *xmltree.Element) []*xmltree.Element {
	if e == nil {
		return nil
	}
	return []*xmltree.Element{e}
}
