package gateway

import (
	"cmp"
	"slices"
	"strings"

	"imgate/component/gateway/speech"
	"imgate/registry"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// The command "contacts" shows what is on the network's list and what is in the roster, and what would be done
// about it; its second stage puts into the roster what the user has not taken off it.

func (d *desk) commandContacts(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	do := e.Attr("sessionid") != "" && slices.Contains([]string{"", "complete", "execute", "next"}, e.Attr("action"))
	serve := func(a *account, q xmpp.IQ) { a.showList(q, e) }
	if do {
		serve = func(a *account, q xmpp.IQ) { a.putList(q, e) }
	}
	atAccount(serve)(d, svc, q, e)
}

// showList answers with the table, after a look into the roster where that is granted.
func (a *account) showList(q xmpp.IQ, e *xmltree.Element) {
	show := func(v *rosterView) {
		l := a.tongueOf(q)
		a.send(q.Result(formStage(e, inLanguage(a.listForm(v, l), l))))
	}
	if a.privileges().reads() {
		a.readRoster(show)
		return
	}
	show(nil)
}

// listRows bounds the table, so that it stays below what servers take.
const listRows = 500

func (a *account) listForm(v *rosterView, l speech.Language) *xmpp.Form {
	column := func(name, label string) xmpp.Field {
		return xmpp.Field{Var: name, Type: xmpp.TextSingleField, Label: label}
	}
	f := &xmpp.Form{
		Type: xmpp.ResultForm, Title: string(speech.Of("Contacts of %s", a.svc.title())),
		Instructions: string(textList(a.svc.title(), a.listKnown(), a.pushes())),
		Reported: []xmpp.Field{
			{Var: "jid", Type: xmpp.JIDSingleField, Label: "Address"}, column("name", "Name"), column("groups", "Groups"),
			column("listed", string(speech.Of("On the list of %s", a.svc.title()))), column("roster", "In your roster"), column("next", "What would be done"),
		},
	}
	for _, c := range a.everybody(v) {
		j, ok := a.address(c.ID)
		if !ok || len(f.Items) == listRows {
			continue
		}
		called, roster := c.naming(), speech.Text("no")
		item, found := v.item(c.ID)
		switch {
		case found:
			called, roster = namingOf(item), "yes"
		case v == nil && (c.To || c.From):
			roster = "yes"
		case v == nil && c.Asked && !c.Gone:
			roster = "asked"
		}
		row := [...]string{j.String(), called.name, strings.Join(called.groups, ", "), yesNo(c.listed).In(l), roster.In(l), a.next(c, found).In(l)}
		fields := make([]xmpp.Field, len(row))
		for i, text := range row {
			fields[i] = xmpp.Field{Var: f.Reported[i].Var, Values: []string{text}}
		}
		f.Items = append(f.Items, fields)
	}
	return f
}

func yesNo(yes bool) speech.Text {
	if yes {
		return "yes"
	}
	return "no"
}

// item is what the roster has of a contact; nothing where it was not read.
func (v *rosterView) item(id transports.LegacyID) (xmpp.RosterItem, bool) {
	if v == nil {
		return xmpp.RosterItem{}, false
	}
	item, found := v.items[id]
	return item, found
}

// everybody are all contacts, and who is only in the roster.
func (a *account) everybody(v *rosterView) []*contact {
	list := a.inOrder()
	if v != nil {
		for id := range v.items {
			if a.contacts[id] == nil {
				list = append(list, &contact{Memory: registry.Memory{ID: id}})
			}
		}
	}
	slices.SortFunc(list, func(x, y *contact) int { return cmp.Compare(x.ID, y.ID) })
	return list
}

// next is what will become of a contact.
func (a *account) next(c *contact, found bool) speech.Text {
	switch {
	case c.Remove:
		return "leaves the list: you have taken it off your roster"
	case c.Add:
		return "is added to the list"
	case c.Gone:
		return "stays away: you have taken it off your roster"
	case found, c.To, c.From:
		return ""
	case !c.listed:
		return ""
	case !a.pushes():
		return "nothing: you have switched it off"
	case c.Asked:
		return "nothing: you were asked once"
	}
	return "is put into your roster"
}

// putList puts into the roster who is on the list and not in it, whatever the user has answered, or chosen, before.
// Whom the user has taken off stays off.
func (a *account) putList(q xmpp.IQ, e *xmltree.Element) {
	if !a.listKnown() {
		a.fail(q, xmpp.RecipientUnavailable, textNotSignedOn(a.svc.title(), a.machine.Snapshot()))
		return
	}
	n := 0
	put := func(v *rosterView) {
		for _, c := range a.inOrder() {
			_, found := v.item(c.ID)
			if !c.listed || c.Gone || found || v == nil && (c.To || c.From) {
				continue
			}
			n++
			c.Asked, c.To, c.From, c.Put, c.refused = false, false, false, false, false
			a.touch(c)
		}
		a.send(q.Result(commandDone(e, textPutting(n).In(a.tongueOf(q)))))
		if n > 0 {
			a.asks.wished = true
			a.rosterChanged()
		}
	}
	if a.privileges().reads() {
		a.readRoster(put)
		return
	}
	put(nil)
}
