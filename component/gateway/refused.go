package gateway

import (
	"maps"
	"slices"
	"time"

	"imgate/component/gateway/speech"
	"imgate/richtext"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A message that the user's server refuses is not lost: there may be no room for it while the user is away, or none now.
// It is sent again when the user comes, or after a while, and until then the network keeps its copy, and those of all
// messages after it, since it deletes them in order. What is refused again and again is given up; who has said it is told.

const (
	// refusedTries is how often a message is sent in all.
	refusedTries = 3
	// refusedPause is when a refused message is sent again to a user who is there.
	refusedPause = 10 * time.Minute
	// apology is how often one contact is told that messages did not arrive.
	apology = time.Hour
)

// refusals are what the user's server has refused, oldest first, and when a sender was last told that something was lost.
type refusals struct {
	kept      []held
	apologies map[transports.LegacyID]time.Time
}

// onRefused takes an error about a message of ours. A client's own is none of its server's: the user's other clients
// have the message.
func (a *account) onRefused(m xmpp.Message) {
	i := slices.IndexFunc(a.unproven, func(u unproven) bool {
		h := u.stanza.Head()
		return h.ID == m.ID && (h.To == m.From || m.From.Resource == "")
	})
	if i < 0 {
		return
	}
	h := a.unproven[i].waits()
	a.unproven = slices.Delete(a.unproven, i, i+1)
	sent, ok := h.stanza.(xmpp.Message)
	if !ok || !isWorthKeeping(sent) {
		a.decided(h.seq)
		return
	}
	h.delayed.refused++
	a.log.Warn("the user's server refuses a message", "times", h.delayed.refused, "err", xmpp.ErrorOf(m))
	if h.delayed.refused >= refusedTries {
		a.giveUp(h)
		return
	}
	if len(a.refusals.kept) >= heldStanzas {
		first := a.refusals.kept[0]
		a.refusals.kept = slices.Delete(a.refusals.kept, 0, 1)
		a.giveUp(first)
	}
	a.refusals.kept = append(a.refusals.kept, h)
	if len(a.resources) > 0 && a.due.refused.IsZero() {
		a.due.refused = time.Now().Add(refusedPause)
	}
}

// isWorthKeeping reports whether a message says something that may be said later: it has words, and they are not only for
// who is there now (XEP-0334).
func isWorthKeeping(m xmpp.Message) bool {
	body, _ := m.Body()
	return body != "" && m.Type == xmpp.ChatMessage &&
		!slices.ContainsFunc(m.Payload, func(e *xmltree.Element) bool { return e.Is(xmpp.HintsSpace, "no-store") })
}

// sendRefused tries again.
func (a *account) sendRefused() {
	again := a.refusals.kept
	a.refusals.kept, a.due.refused = nil, time.Time{}
	for _, h := range again {
		a.pass(h.stamped(a.svc.jid()))
	}
}

// giveUp tells the user, and who has said it, of a message that can't be brought to the user. The network may delete it.
func (a *account) giveUp(h held) {
	defer a.decided(h.seq)
	m, ok := h.stanza.(xmpp.Message)
	if !ok || !isWorthKeeping(m) || m.From.Local == "" {
		return
	}
	sent, stamped := xmpp.SentAt(m.Payload)
	if !stamped {
		sent = h.waits().delayed.since
	}
	when := sent.UTC().Format("2006-01-02 15:04 UTC")
	a.say(speech.Of("A message of %s from %s is lost: your server does not take it.", m.From.Bare().String(), when), nil)
	to, err := a.svc.legacyID(m.From)
	if err != nil || !a.signedOn() || time.Since(a.refusals.apologies[to]) < apology {
		return
	}
	a.refusals.apologized(to, time.Now())
	text := speech.Of("Your message from %s could not be delivered.", when).In(a.tongue())
	a.out.push(transports.SendMessage{To: to, Body: richtext.Plain(text), Auto: true})
}

// apologized remembers that a contact was told, and forgets whoever may be told again.
func (r *refusals) apologized(to transports.LegacyID, now time.Time) {
	maps.DeleteFunc(r.apologies, func(_ transports.LegacyID, t time.Time) bool { return now.Sub(t) >= apology })
	if r.apologies == nil {
		r.apologies = map[transports.LegacyID]time.Time{}
	}
	r.apologies[to] = now
}
