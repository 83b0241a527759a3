package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"imgate/component/gateway/speech"
	"imgate/registry"
	"imgate/state"
	"imgate/xmltree"
	"imgate/xmpp"
)

// What users may know and undo of what the gateway keeps of them.

// A keptRecord is all that is kept of a registration, but for its secrets. The names are for programs.
type keptRecord struct {
	Service  string                `json:"service"`
	User     string                `json:"user"`
	Name     string                `json:"name"`
	Typed    string                `json:"typed"`
	Created  time.Time             `json:"created"`
	Removed  *time.Time            `json:"removed,omitempty"`
	Settings map[string]string     `json:"settings,omitempty"`
	Secrets  []string              `json:"sealed_secrets"` // their names
	State    state.Snapshot        `json:"state"`
	Contacts []keptContact         `json:"contacts,omitempty"`
	History  []registry.Transition `json:"history,omitempty"`
}

// A keptContact is what is remembered of a contact in the user's roster.
type keptContact struct {
	Name         string   `json:"name"`
	RosterName   string   `json:"roster_name,omitempty"`
	RosterGroups []string `json:"roster_groups,omitempty"`
	ListName     string   `json:"list_name,omitempty"` // on the network, when last both were compared
	ListGroups   []string `json:"list_groups,omitempty"`
	Asked        bool     `json:"asked"`
	To           bool     `json:"you_see_it"`
	From         bool     `json:"it_sees_you"`
	Gone         bool     `json:"you_removed_it"`
	Charset      string   `json:"charset,omitempty"` // that it was seen to write in
}

// kept gathers what is stored of a registration; false: nothing.
func (g *Gateway) kept(key registry.Key) (keptRecord, bool, error) {
	stored, found, err := g.registry.Get(key)
	if err != nil || !found {
		return keptRecord{}, false, err
	}
	contacts, errContacts := g.registry.Contacts(key)
	history, errHistory := g.registry.History(key)
	rec := keptRecord{
		Service: key.Service, User: key.User, Name: string(stored.Name), Typed: stored.Typed, Created: stored.Created,
		Settings: stored.Settings, State: stored.State, History: history, Secrets: []string{"password"},
	}
	if !stored.Removed.IsZero() {
		rec.Removed = &stored.Removed
	}
	for name := range stored.Kept {
		rec.Secrets = append(rec.Secrets, name)
	}
	for _, m := range contacts {
		rec.Contacts = append(rec.Contacts, keptContact{string(m.ID), m.Name, m.Groups, m.ListName, m.ListGroups, m.Asked, m.To, m.From, m.Gone, m.Charset})
	}
	return rec, true, errors.Join(errContacts, errHistory)
}

// commandMyData shows a user everything that is kept, also of a registration that was removed and can be undone.
func (d *desk) commandMyData(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	rec, found, err := d.g.kept(registry.Key{User: q.From.Bare().String(), Service: svc.Name})
	if err != nil {
		d.g.log.Error("a user's data can't be read", "service", svc.Name, "user", q.From.Bare().String(), "err", err)
		d.fail(svc, q, xmpp.InternalServerError, "The data can't be read.")
		return
	}
	if !found {
		d.done(svc, q, e, "Nothing is kept of you.")
		return
	}
	b, err := json.MarshalIndent(rec, "", "  ")
	if err != nil {
		d.fail(svc, q, xmpp.InternalServerError, "The data can't be read.")
		return
	}
	form := &xmpp.Form{Type: xmpp.ResultForm, Title: "What is kept of you", Fields: []xmpp.Field{
		{Var: "json", Type: xmpp.TextMultiField, Label: "Data", Values: lines(string(b))},
	}}
	d.send(svc, q.Result(commandElement(e, "completed").With(inLanguage(form, d.tongue(svc, q)).Element())))
}

// commandForgetMe wipes everything at once: there is nothing to undo.
func (d *desk) commandForgetMe(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	f := submitted(e)
	switch {
	case f == nil:
		d.ask(svc, q, e, &xmpp.Form{
			Type: xmpp.FormForm, Title: "Forget me",
			Instructions: string(speech.Of("Your registration with %s and all that is kept of you is deleted. It can't be undone.", svc.title())),
			Fields:       []xmpp.Field{{Var: "confirm", Type: xmpp.BooleanField, Label: "Delete it", Required: true, Values: []string{"0"}}},
		})
	case !f.On("confirm"):
		d.done(svc, q, e, "Nothing was deleted.")
	default:
		d.forget(svc, q, e)
	}
}

func (d *desk) forget(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	key := registry.Key{User: q.From.Bare().String(), Service: svc.Name}
	ctx, cancel := context.WithTimeout(d.g.ctx, 30*time.Second)
	defer cancel()
	a := d.account(svc, q.From)
	if a != nil && a.leaving.Swap(true) {
		a = nil
	}
	if err := d.g.keeper.Do(ctx, registry.Remove{Key: key, At: time.Now().UTC(), Wipe: true}); err != nil && !errors.Is(err, registry.ErrNotRegistered) {
		if a != nil {
			a.leaving.Store(false)
		}
		d.g.log.Error("a user's data could not be wiped", "service", svc.Name, "user", key.User, "err", err)
		d.fail(svc, q, xmpp.InternalServerError, "It could not be deleted.")
		return
	}
	if a == nil {
		d.done(svc, q, e, "Nothing is kept of you any more.")
		return
	}
	a.post(removeItem{forgetAsker{commandAsker{svc, q, e}}})
}

// A forgetAsker says in its own words that the registration is gone.
type forgetAsker struct{ commandAsker }

func (f forgetAsker) answer(a *account, text speech.Text, err error) {
	if err == nil {
		text = "Nothing is kept of you any more."
	}
	f.commandAsker.answer(a, text, err)
}
