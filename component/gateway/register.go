package gateway

import (
	"errors"
	"time"

	"imgate/component/gateway/speech"
	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/xmpp"
)

// registerWait is how long the answer to a registration waits for the network's verdict.
const registerWait = 20 * time.Second

// An asker waits for the outcome of a registration or of a wish: an iq, a command, a chat line. err is nil or
// a *xmpp.Error.
type asker interface {
	answer(a *account, text speech.Text, err error)
}

type (
	// registerItem is a registration that is stored already: a new one, or new credentials for an old one.
	registerItem struct {
		name     transports.LegacyID
		typed    string
		password transports.Secret
		first    bool // there was none before
		stays    bool // refused, it is kept and says so; the answer waits for nothing but the registry
		asker    asker
	}
	// removeItem is an unregistration that is stored already.
	removeItem struct{ asker asker }
	// wishItem is an explicit wish of the user or an administrator.
	wishItem struct {
		input state.Input
		asker asker
	}
)

func (registerItem) isItem() {}
func (removeItem) isItem()   {}
func (wishItem) isItem()     {}

// A registering is a registration whose answer waits for the network.
type registering struct {
	first bool
	asker asker
}

// refused is the network's proven refusal of credentials.
type refused struct{ text string }

func (r *refused) Error() string { return r.text }

func errRefused(text string) error { return &refused{text} }

// onRegister takes credentials into use. The answer waits for the network's verdict, but not for ever.
func (a *account) onRegister(it registerItem) {
	if a.over {
		it.asker.answer(a, "", xmpp.NewError(xmpp.ResourceConstraint, "The registration is being removed; try again."))
		return
	}
	a.answerRegistration(nil)
	another := it.name != a.reg.Name
	if another {
		a.leaveRoster()
	}
	if !it.first {
		a.reg.Replace(it.name, it.typed, it.password, another)
	}
	a.register = &registering{first: it.first && !it.stays, asker: it.asker}
	a.due.answer = time.Now().Add(registerWait)
	a.wished = true
	if a.machine.Snapshot().State == state.Shutdown { // the gateway stops: it is tried after the restart
		a.answerRegistration(nil)
		return
	}
	if it.first {
		a.step(state.Reconnect{})
		if len(a.resources) == 0 {
			a.due.linger = time.Now().Add(a.g.opt.Linger)
		}
	} else {
		a.step(state.Credentials{Fresh: another})
	}
	switch a.machine.Snapshot().State {
	case state.Start, state.IntentionallyOffline, state.Disabled:
		if !it.first {
			a.answerRegistration(nil)
		}
	}
	if it.stays {
		a.answerRegistration(nil)
	}
}

// answerRegistration ends the waiting. A first registration that the network refuses is not kept: the user is
// told that it failed, and it did.
func (a *account) answerRegistration(err error) {
	r := a.register
	if r == nil {
		return
	}
	a.register, a.due.answer = nil, time.Time{}
	var no *refused
	switch {
	case errors.As(err, &no):
		if r.first {
			a.remove(true)
		}
		r.asker.answer(a, "", because(xmpp.NotAuthorized, join(textState(a.svc.title(), state.Snapshot{State: state.BadAuth}, 0, false), no.text)))
	default:
		text := speech.Of("Registered with %s.", a.svc.title())
		a.afterStored(func(err error) {
			if err != nil {
				r.asker.answer(a, "", xmpp.NewError(xmpp.InternalServerError, "The registration could not be stored."))
				return
			}
			r.asker.answer(a, text, nil)
			if !a.reg.Subs.From && !a.over {
				a.subscribeToUser()
			}
		})
	}
}

// onRemove ends the account.
func (a *account) onRemove(it removeItem) {
	if a.over {
		it.asker.answer(a, "", xmpp.NewError(xmpp.ItemNotFound, "There is no registration."))
		return
	}
	if r := a.register; r != nil {
		a.register = nil
		r.asker.answer(a, "", xmpp.NewError(xmpp.Conflict, "The registration was removed before the network answered."))
	}
	it.asker.answer(a, speech.Of("The registration with %s was removed.", a.svc.title()), nil)
	a.leaveRoster()
	a.leaveGateway()
	a.remove(false)
}

// remove ends the machine and takes the account out of the table once its session has gone. wipe takes the
// registration out of the registry.
func (a *account) remove(wipe bool) {
	a.step(state.Removed{})
	a.over = true
	a.leaving.Store(true)
	a.due = deadlines{}
	if wipe {
		a.store(func(error) {}, registry.Remove{Key: a.key, Wipe: true})
	}
}

// leaveRoster takes every contact out of the user's roster (XEP-0100 §4.1.4).
func (a *account) leaveRoster() {
	for _, c := range a.contacts {
		underway := a.syncing.under > 0 && c.listed
		if !c.inRoster() && !c.Put && !underway {
			continue
		}
		from, ok := a.address(c.ID)
		if !ok {
			continue
		}
		if c.shown {
			c.show = transports.Offline
			a.showContact(c)
		}
		a.part(from)
	}
	a.syncing = syncing{}
	a.contacts, a.changed, a.out.authAsked = map[transports.LegacyID]*contact{}, nil, nil
}

// leaveGateway takes the gateway itself out of the user's roster.
func (a *account) leaveGateway() {
	a.part(a.svc.jid())
	a.send(xmpp.Presence{Header: xmpp.Header{From: a.svc.full(), To: a.user}, Type: xmpp.UnavailablePresence})
}

func (a *account) part(from xmpp.JID) {
	if a.dropItem(from) {
		return
	}
	for _, kind := range []xmpp.PresenceType{xmpp.UnsubscribePresence, xmpp.UnsubscribedPresence} {
		a.send(xmpp.Presence{Header: xmpp.Header{From: from, To: a.user}, Type: kind})
	}
}

// onWish carries out an explicit wish, and answers once what it changes is stored.
func (a *account) onWish(it wishItem) {
	if a.over {
		it.asker.answer(a, "", xmpp.NewError(xmpp.ItemNotFound, "There is no registration."))
		return
	}
	_, a.wished = it.input.(state.Reconnect)
	what := a.step(it.input)
	text, refusal := a.outcome(it.input, what)
	a.afterStored(func(err error) {
		switch {
		case err != nil:
			it.asker.answer(a, "", xmpp.NewError(xmpp.InternalServerError, "The change could not be stored."))
		case refusal != nil:
			it.asker.answer(a, "", refusal)
		default:
			it.asker.answer(a, text, nil)
		}
	})
}

func (a *account) outcome(in state.Input, what state.What) (speech.Text, error) {
	network := a.svc.title()
	switch what {
	case state.Connecting:
		if wait, waiting := a.machine.Snapshot().UntilNext(time.Now()); waiting {
			return speech.Of("Signing on to %s in %s: the network takes so many sign-ons at a time.", network, spoken(wait)), nil
		}
		return speech.Of("Signing on to %s now.", network), nil
	case state.AlreadyTrying:
		return speech.Of("An attempt to sign on to %s is running.", network), nil
	case state.WhenAvailable:
		return speech.Of("Will sign on to %s when you are available.", network), nil
	case state.AdminOnly:
		return "", xmpp.NewError(xmpp.NotAllowed, "An administrator has disabled this registration.")
	}
	if _, ok := in.(state.SignOff); ok {
		s := a.machine.Snapshot()
		if s.Reason == state.Admin {
			return "", xmpp.NewError(xmpp.NotAllowed, "An administrator has disabled this registration.")
		}
		return speech.Of("Signed off from %s. Send “reconnect” to sign on again.", network), nil
	}
	return "Done.", nil
}
