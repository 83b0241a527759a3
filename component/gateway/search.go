package gateway

import (
	"slices"
	"strings"

	"imgate/component/gateway/speech"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// Looking people up (XEP-0055), as plain fields and as a form.

// onSearchForm tells which fields the network's search takes.
func (a *account) onSearchForm(q xmpp.IQ) {
	a.ask(q, transports.CanSearch, func(tag transports.Tag) transports.Command { return transports.SearchForm{Tag: tag} },
		func(d transports.Done) ([]*xmltree.Element, *xmpp.Error) {
			f, _ := d.Result.(transports.FormResult)
			l := a.tongueOf(q)
			query := xmltree.New(xmpp.SearchSpace, "query").
				With(xmltree.Leaf(xmpp.SearchSpace, "instructions", speech.Text(f.Instructions).In(l)))
			for _, field := range f.Fields {
				if slices.Contains(oldSearchFields, field.Var) {
					query.With(xmltree.New(xmpp.SearchSpace, field.Var))
				}
			}
			return []*xmltree.Element{query.With(inLanguage(searchForm(a.svc.title(), f), l).Element())}, nil
		})
}

// oldSearchFields are those that have an element of their own (XEP-0055 §6).
var oldSearchFields = []string{"first", "last", "nick", "email"}

func searchForm(network string, f transports.FormResult) *xmpp.Form {
	form := &xmpp.Form{
		Type: xmpp.FormForm, Title: string(speech.Of("Search in %s", network)), Instructions: f.Instructions,
		Fields: []xmpp.Field{xmpp.HiddenKind(xmpp.SearchSpace)},
	}
	for _, field := range f.Fields {
		form.Fields = append(form.Fields, xmpp.Field{Var: field.Var, Type: xmpp.TextSingleField, Label: field.Label})
	}
	return form
}

// Bounds of a search.
const (
	maxSearchFields = 32
	maxSearchField  = 255
)

// searched reads what is looked for.
func searched(q *xmltree.Element) []transports.Field {
	var list []transports.Field
	add := func(name, value string) {
		if value = strings.TrimSpace(value); value != "" && name != "FORM_TYPE" && len(value) <= maxSearchField && len(list) < maxSearchFields {
			list = append(list, transports.Field{Var: strings.Clone(name), Value: strings.Clone(value)})
		}
	}
	if f := xmpp.ParseForm(q.Child(xmpp.DataSpace, "x")); f != nil {
		for _, field := range f.Fields {
			add(field.Var, f.Value(field.Var))
		}
		return list
	}
	for e := range q.Elements() {
		if e.Name.Space == xmpp.SearchSpace {
			add(e.Name.Local, e.Text())
		}
	}
	return list
}

// onSearch looks people up. The answer has the form of the question.
func (a *account) onSearch(q xmpp.IQ) {
	byForm := q.Query().Child(xmpp.DataSpace, "x") != nil
	fields := searched(q.Query())
	if len(fields) == 0 {
		a.fail(q, xmpp.NotAcceptable, "Fill in at least one field.")
		return
	}
	a.ask(q, transports.CanSearch, func(tag transports.Tag) transports.Command {
		return transports.Search{Tag: tag, Fields: fields}
	}, func(d transports.Done) ([]*xmltree.Element, *xmpp.Error) {
		r, _ := d.Result.(transports.SearchResult)
		query := xmltree.New(xmpp.SearchSpace, "query")
		if byForm {
			return []*xmltree.Element{query.With(inLanguage(a.foundForm(r), a.tongueOf(q)).Element())}, nil
		}
		for _, row := range r.Found {
			j, err := a.svc.contactJID(row.ID)
			if err != nil {
				continue
			}
			item := xmltree.New(xmpp.SearchSpace, "item").SetAttr("jid", j.String())
			for _, name := range oldSearchFields {
				item.With(xmltree.Leaf(xmpp.SearchSpace, name, valueOf(row.Fields, name)))
			}
			query.With(item)
		}
		return []*xmltree.Element{query}, nil
	})
}

func valueOf(fields []transports.Field, name string) string {
	for _, f := range fields {
		if f.Var == name {
			return f.Value
		}
	}
	return ""
}

// foundForm is the table of what was found; its columns are those that any row has, and the address.
func (a *account) foundForm(r transports.SearchResult) *xmpp.Form {
	form := &xmpp.Form{
		Type: xmpp.ResultForm, Title: string(speech.Of("Found in %s", a.svc.title())), Fields: []xmpp.Field{xmpp.HiddenKind(xmpp.SearchSpace)},
		Reported: []xmpp.Field{{Var: "jid", Type: xmpp.JIDSingleField, Label: "Address"}},
	}
	if r.More {
		form.Instructions = "There are more than these; say more of whom you look for."
	}
	known := map[string]bool{"jid": true}
	for _, row := range r.Found {
		for _, f := range row.Fields {
			if !known[f.Var] {
				known[f.Var] = true
				form.Reported = append(form.Reported, xmpp.Field{Var: f.Var, Type: xmpp.TextSingleField, Label: f.Label})
			}
		}
	}
	for _, row := range r.Found {
		j, err := a.svc.contactJID(row.ID)
		if err != nil {
			continue
		}
		item := []xmpp.Field{{Var: "jid", Values: []string{j.String()}}}
		for _, column := range form.Reported[1:] {
			item = append(item, xmpp.Field{Var: column.Var, Values: []string{valueOf(row.Fields, column.Var)}})
		}
		form.Items = append(form.Items, item)
	}
	return form
}
