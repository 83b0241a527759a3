package gateway

import (
	"time"

	"imgate/xmltree"
	"imgate/xmpp"
)

// maxQuestions bounds what one account asks at a time.
const maxQuestions = 32

// A question is an iq of ours whose answer is waited for. then gets the answer, or nil when none came in time.
type question struct {
	to   xmpp.JID
	at   time.Time // until then
	then func(*xmpp.IQ)
}

// inquire asks an address of the user's: a client, or the account itself by the bare address. false: too much is
// asked already.
func (a *account) inquire(to xmpp.JID, payload *xmltree.Element, wait time.Duration, then func(*xmpp.IQ)) bool {
	return a.demand(xmpp.GetIQ, to, payload, wait, then)
}

// demand is inquire by a get or a set.
func (a *account) demand(kind xmpp.IQType, to xmpp.JID, payload *xmltree.Element, wait time.Duration, then func(*xmpp.IQ)) bool {
	if len(a.questions) >= maxQuestions {
		return false
	}
	if a.questions == nil {
		a.questions = map[string]question{}
	}
	id, at := a.newID("q", a.g.run), time.Now().Add(wait)
	a.questions[id] = question{to, at, then}
	if a.due.question.IsZero() || at.Before(a.due.question) {
		a.due.question = at
	}
	a.send(xmpp.IQ{
		Header: xmpp.Header{ID: id, From: a.svc.jid(), To: to}, Type: kind, Payload: []*xmltree.Element{payload},
	})
	return true
}

// onAnswer takes the answer to an iq of ours; its id and its sender must fit. For the account itself some servers
// answer from the address of a client.
func (a *account) onAnswer(q xmpp.IQ) {
	asked, ok := a.questions[q.ID]
	if !ok || q.From != asked.to && (!asked.to.IsBare() || q.From.Bare() != asked.to) {
		return
	}
	delete(a.questions, q.ID)
	asked.then(&q)
}

// unanswered gives up what was not answered in time.
func (a *account) unanswered(now time.Time) {
	var late []question
	for id, q := range a.questions {
		if !q.at.After(now) {
			delete(a.questions, id)
			late = append(late, q)
		}
	}
	for _, q := range late {
		q.then(nil)
	}
	a.due.question = time.Time{}
	for _, q := range a.questions {
		if a.due.question.IsZero() || q.at.Before(a.due.question) {
			a.due.question = q.at
		}
	}
}
