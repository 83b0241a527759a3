package gateway

import (
	"context"
	"errors"
	"time"

	"imgate/xmltree"
	"imgate/xmpp"
)

const (
	// heldStanzas is how many messages wait for the link; then the session is told to wait, by TCP.
	heldStanzas = 50
	// sendWait bounds how long a loop waits for a link that takes nothing.
	sendWait = 5 * time.Second
	// sendAgain is when a link that took nothing, and was not lost, is tried again.
	sendAgain = 2 * time.Second
)

// send gives a stanza to the link. While that is down messages wait, and everything else is dropped: presence
// is told anew afterwards, and whoever waits for an iq has a time-out.
func (a *account) send(s xmpp.Stanza) {
	_, message := s.(xmpp.Message)
	if message && len(a.held) > 0 {
		a.held = append(a.held, s)
		return
	}
	ctx, cancel := context.WithTimeout(a.g.ctx, sendWait)
	defer cancel()
	err := a.svc.Link.Send(ctx, s)
	switch {
	case err == nil:
	case !errors.Is(err, ErrLinkDown) && ctx.Err() == nil:
		a.log.Error("a stanza can't be sent", "err", err)
	case message:
		a.held = append(a.held, s)
		if !errors.Is(err, ErrLinkDown) {
			a.due.resend = time.Now().Add(sendAgain)
		}
	}
}

// flushHeld sends what waited for the link, as far as it goes.
func (a *account) flushHeld() {
	held := a.held
	a.held = nil
	for _, s := range held {
		a.send(s)
	}
}

func (a *account) fail(s xmpp.Stanza, c xmpp.Condition, text string) {
	if reply, ok := xmpp.ErrorReply(s, xmpp.NewError(c, text)); ok {
		a.send(reply)
	}
}

// say sends a message of the gateway to the user, not to be archived (XEP-0334), with a machine-readable
// element or none.
func (a *account) say(text string, x *xmltree.Element) {
	a.send(xmpp.Message{
		Header: xmpp.Header{ID: a.newID("notice-" + a.g.run), From: a.svc.jid(), To: a.user},
		Type:   xmpp.ChatMessage,
		Payload: append([]*xmltree.Element{
			xmpp.Leaf("body", text), xmltree.New(xmpp.HintsSpace, "no-store"),
		}, optional(x)...),
	})
}

func optional(e *xmltree.Element) []*xmltree.Element {
	if e == nil {
		return nil
	}
	return []*xmltree.Element{e}
}
