package gateway

import (
	"imgate/component/gateway/speech"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A requestItem is a request of the user that only the account, or its session, can answer.
type requestItem struct {
	q     xmpp.IQ
	serve func(a *account, q xmpp.IQ)
}

func (requestItem) isItem() {}

// atAccount makes a handler of what an account answers. Users without a registration are told that it takes one.
func atAccount(serve func(a *account, q xmpp.IQ)) handler {
	return func(d *desk, svc *Service, q xmpp.IQ, _ *xmltree.Element) {
		a := d.account(svc, q.From)
		switch {
		case a == nil:
			d.fail(svc, q, xmpp.RegistrationRequired, speech.Of("You are not registered with %s.", svc.title()))
		case !a.deliver(requestItem{q, serve}):
			d.fail(svc, q, xmpp.ResourceConstraint, "Too many requests are waiting.")
		}
	}
}

func (a *account) onRequest(it requestItem) {
	if a.over {
		a.fail(it.q, xmpp.RegistrationRequired, speech.Of("You are not registered with %s.", a.svc.title()))
		return
	}
	it.serve(a, it.q)
}

// signedOn reports whether a session is there to be asked.
func (a *account) signedOn() bool { return a.session != nil && a.session.signedOn && !a.session.hung }

// ask puts a command to the session for the sake of q, whose answer is what then makes of the Done. The error
// goes to the sender of q, and every q is answered: by the session, or when it ends.
func (a *account) ask(q xmpp.IQ, power transports.Power, command func(transports.Tag) transports.Command,
	then func(transports.Done) ([]*xmltree.Element, *xmpp.Error)) {
	switch {
	case !a.signedOn():
		a.fail(q, xmpp.RecipientUnavailable, textNotSignedOn(a.svc.title(), a.machine.Snapshot()))
		return
	case !a.session.powers.Has(power):
		a.fail(q, xmpp.FeatureNotImplemented, "The network can't do this.")
		return
	}
	p := pending{kind: pendingRequest, then: func(d transports.Done) {
		if d.Err != nil {
			a.fail(q, conditionOf(d.Err), sentence(d.Err))
			return
		}
		payload, refusal := then(d)
		if refusal != nil {
			a.refuseRequest(q, refusal)
			return
		}
		a.send(q.Result(payload...))
	}}
	if !a.out.tagged(p, command) {
		a.fail(q, xmpp.ResourceConstraint, "Too many requests are waiting for the network.")
	}
}

func (a *account) refuseRequest(q xmpp.IQ, e *xmpp.Error) {
	if reply, ok := xmpp.ErrorReply(q, inWords(e, a.tongueOf(q))); ok {
		a.send(reply)
	}
}

// worked is a result without payload.
func worked(transports.Done) ([]*xmltree.Element, *xmpp.Error) { return nil, nil }
