package gateway

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"imgate/component/gateway/speech"
	"imgate/state"
	"imgate/xmltree"
	"imgate/xmpp"
)

// Ad-hoc commands (XEP-0050): everything that in-band registration can do, for clients that lack it, and more.

// A command is one node.
type command struct {
	node  string
	title speech.Text
	who   audience
	run   func(d *desk, svc *Service, q xmpp.IQ, e *xmltree.Element)
}

// An audience is who may run a command.
type audience uint8

const (
	forUsers      audience = iota // whoever may register
	forRegistered                 // and has
	forAdmins                     // addresses that the configuration names
)

func commands() []command {
	return append([]command{
		{"register", "Register or change the password", forUsers, (*desk).commandRegister},
		{"status", "Show the status", forRegistered, (*desk).commandStatus},
		{"reconnect", "Sign on now", forRegistered, (*desk).commandReconnect},
		{"sign-off", "Sign off", forRegistered, (*desk).commandSignOff},
		{"settings", "Change the settings", forRegistered, (*desk).commandSettings},
		{"contacts", "Compare the contacts with your roster", forRegistered, (*desk).commandContacts},
		{"search", "Look people up", forRegistered, commandAtAccount((*account).onSearchCommand)},
		{"privacy", "Say who may reach you", forRegistered, commandAtAccount((*account).onPrivacyCommand)},
		{"unregister", "Remove the registration", forRegistered, (*desk).commandUnregister},
		{"my-data", "Show what is kept of you", forUsers, (*desk).commandMyData},
		{"forget-me", "Delete what is kept of you", forUsers, (*desk).commandForgetMe},
	}, administration()...)
}

func commandNamed(node string) *command {
	for _, c := range commands() {
		if c.node == node {
			return &c
		}
	}
	return nil
}

// may tells whether a user may run a command; else why not.
func (d *desk) may(c *command, svc *Service, user xmpp.JID) *xmpp.Error {
	switch {
	case c.who == forAdmins && !d.g.isAdmin(user):
		return xmpp.NewError(xmpp.Forbidden, "Only administrators may do this.")
	case c.who == forAdmins:
	case !svc.allowed(user):
		return because(xmpp.Forbidden, speech.Of("This gateway does not serve users of %s.", user.Domain))
	case c.who == forRegistered && d.account(svc, user) == nil:
		return xmpp.NewError(xmpp.RegistrationRequired, "Register first.")
	}
	return nil
}

func (d *desk) commandsFor(svc *Service, user xmpp.JID) []command {
	var list []command
	for _, c := range commands() {
		if d.may(&c, svc, user) == nil {
			list = append(list, c)
		}
	}
	return list
}

// command runs one stage. Sessions are not kept: each command needs one form at most, so that the session id
// is only given back.
func (d *desk) command(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	c := commandNamed(e.Attr("node"))
	switch {
	case c == nil:
		d.fail(svc, q, xmpp.ItemNotFound, "There is no such command.")
	case d.may(c, svc, q.From) != nil:
		e := d.may(c, svc, q.From)
		d.fail(svc, q, e.Condition, speech.Text(e.Text))
	case e.Attr("action") == "cancel":
		d.send(svc, q.Result(commandElement(e, "canceled")))
	case e.Attr("action") == "prev":
		d.fail(svc, q, xmpp.BadRequest, "There is no stage before this one.")
	case !slices.Contains([]string{"", "execute", "next", "complete"}, e.Attr("action")):
		d.fail(svc, q, xmpp.BadRequest, "There is no such action.") // XEP-0050 §4.4, malformed-action
	default:
		c.run(d, svc, q, e)
	}
}

func commandElement(e *xmltree.Element, status string) *xmltree.Element {
	id := e.Attr("sessionid")
	if id == "" {
		id = fmt.Sprintf("%s:%d", e.Attr("node"), time.Now().UnixNano())
	}
	return xmltree.New(xmpp.CommandsSpace, "command").
		SetAttr("node", e.Attr("node")).SetAttr("sessionid", id).SetAttr("status", status)
}

// lines are the lines of a text, as the values of a field of many lines.
func lines(text string) []string { return strings.Split(strings.TrimRight(text, "\n"), "\n") }

// commandDone is the end of a command, with a note for people.
func commandDone(e *xmltree.Element, text string) *xmltree.Element {
	note := xmltree.Leaf(xmpp.CommandsSpace, "note", text).SetAttr("type", "info")
	return commandElement(e, "completed").With(note)
}

// ask sends the form of a command.
func (d *desk) ask(svc *Service, q xmpp.IQ, e *xmltree.Element, f *xmpp.Form) {
	d.send(svc, q.Result(formStage(e, inLanguage(f, d.tongue(svc, q)))))
}

// A commandAsker is answered by the end of its command.
type commandAsker struct {
	svc *Service
	q   xmpp.IQ
	e   *xmltree.Element
}

func (c commandAsker) answer(a *account, text speech.Text, err error) {
	if err != nil {
		iqAsker{svc: c.svc, q: c.q}.answer(a, "", err)
		return
	}
	deliver(a, c.svc, c.q.Result(commandDone(c.e, text.In(tongue(a, c.svc, c.q)))))
}

func submitted(e *xmltree.Element) *xmpp.Form {
	f := xmpp.ParseForm(e.Child(xmpp.DataSpace, "x"))
	if f == nil || f.Type != xmpp.SubmitForm {
		return nil
	}
	return f
}

func (d *desk) commandRegister(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	f := submitted(e)
	if f == nil {
		name := ""
		if a := d.account(svc, q.From); a != nil {
			name = a.view.Load().Typed
		}
		d.ask(svc, q, e, credentialsForm(svc.about, name))
		return
	}
	d.register(svc, q.From, f.Value("username"), f.Value("password"), commandAsker{svc, q, e})
}

func (d *desk) commandUnregister(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	f := submitted(e)
	switch {
	case f == nil:
		d.ask(svc, q, e, &xmpp.Form{
			Type: xmpp.FormForm, Title: "Remove the registration",
			Instructions: string(speech.Of("Your %s contacts leave your roster.", svc.title())),
			Fields: []xmpp.Field{{
				Var: "confirm", Type: xmpp.BooleanField, Label: "Remove it", Required: true, Values: []string{"0"},
			}},
		})
	case !f.On("confirm"):
		d.done(svc, q, e, "Nothing was removed.")
	default:
		d.unregister(svc, q.From, commandAsker{svc, q, e})
	}
}

func (d *desk) commandReconnect(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	d.wish(svc, q.From, wishItem{state.Reconnect{}, commandAsker{svc, q, e}})
}

func (d *desk) commandSignOff(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	d.wish(svc, q.From, wishItem{state.SignOff{}, commandAsker{svc, q, e}})
}

func (d *desk) commandStatus(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	a := d.account(svc, q.From)
	if a == nil {
		d.fail(svc, q, xmpp.RegistrationRequired, "Register first.")
		return
	}
	v := a.view.Load()
	now := time.Now()
	wait, waiting := v.State.UntilNext(now)
	fields := []xmpp.Field{
		{Var: "name", Type: xmpp.TextSingleField, Label: svc.about.NameHint, Values: []string{v.Typed}},
		{Var: "state", Type: xmpp.TextSingleField, Label: "State", Values: []string{string(v.State.State)}},
		{Var: "reason", Type: xmpp.TextSingleField, Label: "Reason", Values: []string{string(v.State.Reason)}},
		{Var: "text", Type: xmpp.TextSingleField, Label: "Meaning", Values: []string{textState(svc.title(), v.State, wait, waiting).In(d.tongue(svc, q))}},
		{Var: "since", Type: xmpp.TextSingleField, Label: "Since", Values: []string{stamp(v.State.Since)}},
		{Var: "attempt", Type: xmpp.TextSingleField, Label: "Failed attempts", Values: []string{fmt.Sprint(v.State.Attempt)}},
		{Var: "next", Type: xmpp.TextSingleField, Label: "Next attempt", Values: []string{stamp(v.State.NextAttempt)}},
		{Var: "last_online", Type: xmpp.TextSingleField, Label: "Last signed on", Values: []string{stamp(v.State.LastOnline)}},
		{Var: "last_failure", Type: xmpp.TextSingleField, Label: "Last failure", Values: []string{v.State.LastFailure.Text}},
	}
	form := &xmpp.Form{Type: xmpp.ResultForm, Title: svc.title(), Fields: fields}
	d.send(svc, q.Result(commandElement(e, "completed").With(inLanguage(form, d.tongue(svc, q)).Element())))
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// done is the end of a command that has nothing but a sentence to say.
func (d *desk) done(svc *Service, q xmpp.IQ, e *xmltree.Element, text speech.Text) {
	d.send(svc, q.Result(commandDone(e, text.In(d.tongue(svc, q)))))
}
