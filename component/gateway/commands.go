package gateway

import (
	"fmt"
	"time"

	"imgate/state"
	"imgate/xmltree"
	"imgate/xmpp"
)

// Ad-hoc commands (XEP-0050): everything that in-band registration can do, for clients that lack it, and more.

// A command is one node.
type command struct {
	node, title string
	registered  bool // only for users who are registered
	run         func(d *desk, svc *Service, q xmpp.IQ, e *xmltree.Element)
}

func commands() []command {
	return []command{
		{"register", "Register or change the password", false, (*desk).commandRegister},
		{"status", "Show the status", true, (*desk).commandStatus},
		{"reconnect", "Sign on now", true, (*desk).commandReconnect},
		{"sign-off", "Sign off", true, (*desk).commandSignOff},
		{"settings", "Change the settings", true, (*desk).commandSettings},
		{"contacts", "Compare the contacts with your roster", true, (*desk).commandContacts},
		{"unregister", "Remove the registration", true, (*desk).commandUnregister},
	}
}

func commandNamed(node string) *command {
	for _, c := range commands() {
		if c.node == node {
			return &c
		}
	}
	return nil
}

func (d *desk) commandsFor(svc *Service, user xmpp.JID) []command {
	if !svc.allowed(user) {
		return nil
	}
	registered := d.account(svc, user) != nil
	var list []command
	for _, c := range commands() {
		if registered || !c.registered {
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
	case !svc.allowed(q.From):
		d.fail(svc, q, xmpp.Forbidden, "This gateway does not serve users of "+q.From.Domain+".")
	case e.Attr("action") == "cancel":
		d.send(svc, q.Result(commandElement(e, "canceled")))
	case e.Attr("action") == "prev":
		d.fail(svc, q, xmpp.BadRequest, "There is no stage before this one.")
	case c.registered && d.account(svc, q.From) == nil:
		d.fail(svc, q, xmpp.RegistrationRequired, "Register first.")
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

// commandDone is the end of a command, with a note for people.
func commandDone(e *xmltree.Element, text string) *xmltree.Element {
	note := xmltree.Leaf(xmpp.CommandsSpace, "note", text).SetAttr("type", "info")
	return commandElement(e, "completed").With(note)
}

// ask sends the form of a command.
func (d *desk) ask(svc *Service, q xmpp.IQ, e *xmltree.Element, f *xmpp.Form) {
	actions := xmltree.New(xmpp.CommandsSpace, "actions").SetAttr("execute", "complete").
		With(xmltree.New(xmpp.CommandsSpace, "complete"))
	d.send(svc, q.Result(commandElement(e, "executing").With(actions, f.Element())))
}

// A commandAsker is answered by the end of its command.
type commandAsker struct {
	svc *Service
	q   xmpp.IQ
	e   *xmltree.Element
}

func (c commandAsker) answer(a *account, text string, err error) {
	if err != nil {
		iqAsker{svc: c.svc, q: c.q}.answer(a, "", err)
		return
	}
	deliver(a, c.svc, c.q.Result(commandDone(c.e, text)))
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
		d.ask(svc, q, e, credentialsForm(svc.Network.Info(), name))
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
			Instructions: "Your " + svc.title() + " contacts leave your roster.",
			Fields: []xmpp.Field{{
				Var: "confirm", Type: xmpp.BooleanField, Label: "Remove it", Required: true, Values: []string{"0"},
			}},
		})
	case !f.On("confirm"):
		d.send(svc, q.Result(commandDone(e, "Nothing was removed.")))
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
		{Var: "name", Type: xmpp.TextSingleField, Label: svc.Network.Info().NameHint, Values: []string{v.Typed}},
		{Var: "state", Type: xmpp.TextSingleField, Label: "State", Values: []string{string(v.State.State)}},
		{Var: "reason", Type: xmpp.TextSingleField, Label: "Reason", Values: []string{string(v.State.Reason)}},
		{Var: "text", Type: xmpp.TextSingleField, Label: "Meaning", Values: []string{textState(svc.title(), v.State, wait, waiting)}},
		{Var: "since", Type: xmpp.TextSingleField, Label: "Since", Values: []string{stamp(v.State.Since)}},
		{Var: "attempt", Type: xmpp.TextSingleField, Label: "Failed attempts", Values: []string{fmt.Sprint(v.State.Attempt)}},
		{Var: "next", Type: xmpp.TextSingleField, Label: "Next attempt", Values: []string{stamp(v.State.NextAttempt)}},
		{Var: "last_online", Type: xmpp.TextSingleField, Label: "Last signed on", Values: []string{stamp(v.State.LastOnline)}},
		{Var: "last_failure", Type: xmpp.TextSingleField, Label: "Last failure", Values: []string{v.State.LastFailure.Text}},
	}
	form := &xmpp.Form{Type: xmpp.ResultForm, Title: svc.title(), Fields: fields}
	d.send(svc, q.Result(commandElement(e, "completed").With(form.Element())))
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
