package gateway

import (
	"context"
	"strings"
	"time"

	"imgate/component/gateway/speech"
	"imgate/registry"
	"imgate/state"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// In-band registration (XEP-0077), as plain fields and as a form.

// maxCredential bounds name and password, in bytes.
const maxCredential = 255

// account is the registration of user; nil where there is none, or none any more.
func (d *desk) account(svc *Service, user xmpp.JID) *account {
	a := d.g.accounts.get(registry.Key{User: user.Bare().String(), Service: svc.Name})
	if a == nil || a.leaving.Load() {
		return nil
	}
	return a
}

// registerForm answers what is asked for. The password is never told back.
func (d *desk) registerForm(svc *Service, q xmpp.IQ, _ *xmltree.Element) {
	if !svc.allowed(q.From) {
		d.fail(svc, q, xmpp.NotAllowed, speech.Of("This gateway does not serve users of %s.", q.From.Domain))
		return
	}
	info := svc.about
	in := d.tongue(svc, q)
	r := xmpp.Registration{Instructions: speech.Of("Enter your %s account.", info.Name).In(in)}
	name := ""
	if a := d.account(svc, q.From); a != nil {
		r.Registered = true
		name = a.view.Load().Typed
	}
	r.Fields = []xmpp.RegistrationField{{Name: "username", Value: name}, {Name: "password"}}
	r.Form = inLanguage(credentialsForm(info, name), in)
	r.Form.Fields = append([]xmpp.Field{xmpp.HiddenKind(xmpp.RegisterSpace)}, r.Form.Fields...)
	d.send(svc, q.Result(r.Element()))
}

// credentialsForm asks for name and password, in-band and as a command.
func credentialsForm(info transports.Info, name string) *xmpp.Form {
	user := xmpp.Field{Var: "username", Type: xmpp.TextSingleField, Label: info.NameHint, Required: true, Pattern: info.NamePattern}
	if name != "" {
		user.Values = []string{name}
	}
	return &xmpp.Form{
		Type: xmpp.FormForm, Title: string(speech.Of("%s account", info.Name)), Instructions: string(speech.Of("Enter your %s account.", info.Name)),
		Fields: []xmpp.Field{user, {Var: "password", Type: xmpp.TextPrivateField, Label: "Password", Required: true}},
	}
}

// registerSet registers, changes and removes.
func (d *desk) registerSet(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	r := xmpp.ParseRegistration(e)
	if r.Remove && !alone(r) {
		d.fail(svc, q, xmpp.BadRequest, "A removal comes alone.")
		return
	}
	if r.Remove {
		d.unregister(svc, q.From, iqAsker{svc: svc, q: q})
		return
	}
	if r.Form != nil && r.Form.Type == xmpp.CancelForm {
		d.send(svc, q.Result())
		return
	}
	name, _ := r.Value("username")
	password, _ := r.Value("password")
	d.register(svc, q.From, name, password, iqAsker{svc: svc, q: q})
}

// alone reports whether a removal came with nothing else (XEP-0077 §3.2). Old clients add the key of a form.
func alone(r *xmpp.Registration) bool {
	for _, f := range r.Fields {
		if f.Name != "key" {
			return false
		}
	}
	return r.Form == nil
}

// register stores credentials and lets the account try them; its answer is the network's.
func (d *desk) register(svc *Service, from xmpp.JID, name, password string, asker asker) {
	d.enrol(svc, from, name, password, registerItem{asker: asker})
}

// enrol is register for an item that says how it is to be answered.
func (d *desk) enrol(svc *Service, from xmpp.JID, name, password string, item registerItem) {
	asker := item.asker
	id, refusal := d.check(svc, from, name, password)
	if refusal != nil {
		asker.answer(nil, "", refusal)
		return
	}
	if d.g.failures.tooMany(from, svc.Name, time.Now()) {
		d.g.slowly(func() {
			asker.answer(nil, "", xmpp.NewError(xmpp.ResourceConstraint, "Too many failed registrations; try again in an hour."))
		})
		return
	}
	item.name, item.typed = id, strings.Clone(strings.TrimSpace(name))
	item.password = transports.NewSecret(strings.Clone(password))
	a, err := d.enter(svc, from.Bare(), &item)
	if err != nil {
		d.g.log.Error("a registration could not be stored", "service", svc.Name, "user", from.Bare().String(), "err", err)
		asker.answer(nil, "", xmpp.NewError(xmpp.InternalServerError, "The registration could not be stored."))
		return
	}
	a.post(item)
}

// check refuses what can't be a registration.
func (d *desk) check(svc *Service, from xmpp.JID, name, password string) (transports.LegacyID, *xmpp.Error) {
	switch {
	case !svc.allowed(from):
		return "", because(xmpp.NotAllowed, speech.Of("This gateway does not serve users of %s.", from.Domain))
	case strings.TrimSpace(name) == "":
		return "", xmpp.NewError(xmpp.NotAcceptable, "The name is missing.")
	case password == "":
		return "", xmpp.NewError(xmpp.NotAcceptable, "The password is missing.")
	case len(name) > maxCredential || len(password) > maxCredential:
		return "", xmpp.NewError(xmpp.NotAcceptable, "Name or password is too long.")
	}
	id, err := svc.Network.Canonical(strings.TrimSpace(name))
	if err != nil {
		return "", xmpp.NewError(xmpp.NotAcceptable, err.Error())
	}
	return transports.LegacyID(strings.Clone(string(id))), nil
}

// enter stores what it says and gives the account, a new one if there was none.
func (d *desk) enter(svc *Service, user xmpp.JID, it *registerItem) (*account, error) {
	ctx, cancel := context.WithTimeout(d.g.ctx, 30*time.Second)
	defer cancel()
	key := registry.Key{User: strings.Clone(user.String()), Service: svc.Name}
	before := d.g.accounts.get(key)
	if before != nil && !before.leaving.Load() {
		return before, d.g.keeper.Do(ctx, registry.SetCredentials{
			Key: key, Name: it.name, Typed: it.typed, Password: it.password,
		})
	}
	it.first = true
	reg := registry.Registration{Key: key, Name: it.name, Typed: it.typed, Password: it.password, Created: time.Now().UTC()}
	a, err := newAccount(d.g, svc, reg)
	if err != nil {
		return nil, err
	}
	a.machine = state.New(d.g.opt.Schedule, policyOf(reg), time.Now())
	if before != nil {
		a.before = before.gone
	}
	a.publish()
	if err := d.g.keeper.Do(ctx, registry.Put{Registration: reg, State: a.machine.Snapshot(), Forget: true}); err != nil {
		return nil, err
	}
	d.g.accounts.put(a)
	return a, nil
}

// unregister stores the removal and lets the account go.
func (d *desk) unregister(svc *Service, from xmpp.JID, asker asker) {
	a := d.account(svc, from)
	if a == nil || a.leaving.Swap(true) {
		asker.answer(nil, "", xmpp.NewError(xmpp.ItemNotFound, "There is no registration."))
		return
	}
	ctx, cancel := context.WithTimeout(d.g.ctx, 30*time.Second)
	defer cancel()
	err := d.g.keeper.Do(ctx, registry.Remove{Key: a.key, At: time.Now().UTC(), Wipe: d.g.opt.Undo <= 0})
	if err != nil {
		a.leaving.Store(false)
		d.g.log.Error("a removal could not be stored", "service", svc.Name, "user", a.key.User, "err", err)
		asker.answer(nil, "", xmpp.NewError(xmpp.InternalServerError, "The removal could not be stored."))
		return
	}
	a.post(removeItem{asker})
}

// wish posts an explicit wish of the user.
func (d *desk) wish(svc *Service, from xmpp.JID, it wishItem) {
	a := d.account(svc, from)
	if a == nil {
		it.asker.answer(nil, "", xmpp.NewError(xmpp.ItemNotFound, "There is no registration."))
		return
	}
	a.post(it)
}

// An iqAsker is answered by the result of its iq, or by an error without payload.
type iqAsker struct {
	svc *Service
	q   xmpp.IQ
}

func (i iqAsker) answer(a *account, _ speech.Text, err error) {
	var s xmpp.Stanza = i.q.Result()
	if err != nil {
		var ok bool
		if s, ok = xmpp.ErrorReply(i.q, inWords(asStanzaError(err), tongue(a, i.svc, i.q))); !ok {
			return
		}
	}
	deliver(a, i.svc, s)
}

// deliver sends by the account's loop where there is one; at the desk by the reserved lane, which never waits.
func deliver(a *account, svc *Service, s xmpp.Stanza) {
	if a != nil {
		a.send(s)
		return
	}
	svc.Link.Reply(s)
}
