package gateway

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"imgate/component/gateway/speech"
	"imgate/registry"
	"imgate/state"
	"imgate/xmltree"
	"imgate/xmpp"
)

// Commands of administrators (XEP-0133), for the addresses that the configuration names. They are about one
// service: the one that is asked.

// administration are the nodes, in the order in which clients list them.
func administration() []command {
	node := func(name string) string { return xmpp.AdminSpace + "#" + name }
	return []command{
		{node("get-registered-users-list"), "List registered users", forAdmins, (*desk).adminRegistered},
		{node("get-online-users-list"), "List users who are signed on", forAdmins, (*desk).adminOnline},
		{node("announce"), "Announce to users who are signed on", forAdmins, (*desk).adminAnnounce},
		{node("disable-user"), "Disable registrations", forAdmins, adminWish("Disable", state.Disable{Text: "by an administrator"})},
		{node("reenable-user"), "Enable registrations", forAdmins, adminWish("Enable", state.Enable{})},
		{node("end-user-session"), "End sessions", forAdmins, adminWish("Sign off", state.SignOff{})},
	}
}

// isAdmin reports whether a user administers the gateway.
func (g *Gateway) isAdmin(user xmpp.JID) bool { return slices.Contains(g.opt.Admins, user.Bare()) }

func (d *desk) adminRegistered(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	d.adminList(svc, q, e, "registereduserjids", func(*View) bool { return true })
}

func (d *desk) adminOnline(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	d.adminList(svc, q, e, "onlineuserjids", func(v *View) bool { return v.State.State == state.Online })
}

// maxListed bounds the addresses in one answer, so that it stays below what servers pass on.
const maxListed = 2000

func (d *desk) adminList(svc *Service, q xmpp.IQ, e *xmltree.Element, name string, which func(*View) bool) {
	var users []string
	for a := range d.g.accounts.all() {
		if a.svc == svc && !a.leaving.Load() && which(a.view.Load()) {
			users = append(users, a.key.User)
		}
	}
	slices.Sort(users)
	total := len(users)
	users = users[:min(total, maxListed)]
	form := &xmpp.Form{Type: xmpp.ResultForm, Title: string(speech.Of("%d users", total)), Fields: []xmpp.Field{
		xmpp.HiddenKind(xmpp.AdminSpace), {Var: name, Type: xmpp.TextMultiField, Label: "Users", Values: users},
	}}
	d.send(svc, q.Result(commandElement(e, "completed").With(inLanguage(form, d.tongue(svc, q)).Element())))
}

func (d *desk) adminAnnounce(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	f := submitted(e)
	text := ""
	if field := f.Field("announcement"); field != nil {
		text = strings.TrimSpace(strings.Join(field.Values, "\n"))
	}
	switch {
	case f == nil:
		d.ask(svc, q, e, adminForm("Announce", xmpp.Field{Var: "announcement", Type: xmpp.TextMultiField, Label: "Text", Required: true}))
		return
	case text == "" || len(text) > d.g.opt.MessageBytes:
		d.fail(svc, q, xmpp.NotAcceptable, "The text is missing or too long.")
		return
	}
	n := 0
	for a := range d.g.accounts.all() {
		if a.svc == svc && a.view.Load().State.State == state.Online {
			a.post(announceItem{strings.Clone(text)})
			n++
		}
	}
	d.done(svc, q, e, speech.Of("Announced to %d users.", n))
}

// announceItem is what an administrator has to say.
type announceItem struct{ text string }

func (announceItem) isItem() {}

func (a *account) onAnnounce(it announceItem) {
	if a.over {
		return
	}
	a.send(xmpp.Message{
		Header:  xmpp.Header{ID: a.newID("notice", a.g.run), From: a.svc.jid(), To: a.user},
		Type:    xmpp.HeadlineMessage,
		Payload: []*xmltree.Element{xmpp.Leaf("subject", a.svc.title()), xmpp.Leaf("body", it.text)},
	})
}

func adminForm(title string, fields ...xmpp.Field) *xmpp.Form {
	return &xmpp.Form{Type: xmpp.FormForm, Title: title, Fields: append([]xmpp.Field{xmpp.HiddenKind(xmpp.AdminSpace)}, fields...)}
}

// maxWished bounds the registrations of one command.
const maxWished = 200

// adminWish is a command that tells registrations what an administrator wants.
func adminWish(title string, wish state.Input) func(*desk, *Service, xmpp.IQ, *xmltree.Element) {
	return func(d *desk, svc *Service, q xmpp.IQ, e *xmltree.Element) {
		f := submitted(e)
		if f == nil {
			d.ask(svc, q, e, adminForm(title, xmpp.Field{Var: "accountjids", Type: xmpp.JIDMultiField, Label: "Users", Required: true}))
			return
		}
		var users []string
		for _, name := range []string{"accountjids", "accountjid"} {
			if field := f.Field(name); field != nil {
				users = append(users, field.Values...)
			}
		}
		if len(users) == 0 || len(users) > maxWished {
			d.fail(svc, q, xmpp.NotAcceptable, speech.Of("Name from 1 to %d users.", maxWished))
			return
		}
		users = slices.Clone(users)
		for i := range users {
			users[i] = strings.Clone(users[i])
		}
		d.g.start(func() { d.carryOut(svc, q, e, users, wish) }) // a desk worker waits for no account
	}
}

// carryOut tells each registration, and answers with what came of it, one line for each.
func (d *desk) carryOut(svc *Service, q xmpp.IQ, e *xmltree.Element, users []string, wish state.Input) {
	ctx, cancel := context.WithTimeout(d.g.ctx, 30*time.Second)
	defer cancel()
	var out []string
	for _, user := range users {
		line := "not registered"
		if j, err := xmpp.ParseJID(strings.TrimSpace(user)); err == nil {
			text, err := d.g.Wish(ctx, registry.Key{User: j.Bare().String(), Service: svc.Name}, wish)
			if line = text; err != nil {
				line = err.Error()
			}
		}
		out = append(out, user+": "+line)
	}
	d.g.log.Info("an administrator's command", "service", svc.Name, "user", q.From.Bare().String(), "wish", fmt.Sprintf("%T", wish), "count", len(users))
	d.send(svc, q.Result(commandDone(e, strings.Join(out, "\n"))))
}
