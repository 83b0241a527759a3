package gateway

import (
	"fmt"
	"strings"

	"imgate/component/gateway/speech"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// commandAtAccount is a command that the account answers.
func commandAtAccount(serve func(a *account, q xmpp.IQ, e *xmltree.Element)) func(*desk, *Service, xmpp.IQ, *xmltree.Element) {
	return func(d *desk, svc *Service, q xmpp.IQ, e *xmltree.Element) {
		atAccount(func(a *account, q xmpp.IQ) { serve(a, q, e) })(d, svc, q, e)
	}
}

// formStage is the stage of a command that asks for a form.
func formStage(e *xmltree.Element, f *xmpp.Form) *xmltree.Element {
	actions := xmltree.New(xmpp.CommandsSpace, "actions").SetAttr("execute", "complete").
		With(xmltree.New(xmpp.CommandsSpace, "complete"))
	return commandElement(e, "executing").With(actions, f.Element())
}

// onSearchCommand is the directory search as a command.
func (a *account) onSearchCommand(q xmpp.IQ, e *xmltree.Element) {
	if submitted(e) == nil {
		a.ask(q, transports.CanSearch, func(tag transports.Tag) transports.Command { return transports.SearchForm{Tag: tag} },
			func(d transports.Done) ([]*xmltree.Element, *xmpp.Error) {
				f, _ := d.Result.(transports.FormResult)
				return []*xmltree.Element{formStage(e, inLanguage(searchForm(a.svc.title(), f), a.tongueOf(q)))}, nil
			})
		return
	}
	fields := searched(e)
	if len(fields) == 0 {
		a.fail(q, xmpp.NotAcceptable, "Fill in at least one field.")
		return
	}
	a.ask(q, transports.CanSearch, func(tag transports.Tag) transports.Command {
		return transports.Search{Tag: tag, Fields: fields}
	}, func(d transports.Done) ([]*xmltree.Element, *xmpp.Error) {
		r, _ := d.Result.(transports.SearchResult)
		return []*xmltree.Element{commandElement(e, "completed").With(inLanguage(a.foundForm(r), a.tongueOf(q)).Element())}, nil
	})
}

// privacies are the network's rules about who may reach the user, as options of a form.
var privacies = []struct {
	name, label string
	mode        transports.Privacy
}{
	{"all", "everybody", transports.AllowAll}, {"contacts", "only contacts on my list", transports.AllowContacts},
	{"permitted", "only whom I permit", transports.AllowListed}, {"not-blocked", "everybody but whom I block", transports.DenyListed},
	{"none", "nobody", transports.DenyAll},
}

// onPrivacyCommand sets the rule. What it was no network tells; so the form names none.
func (a *account) onPrivacyCommand(q xmpp.IQ, e *xmltree.Element) {
	f := submitted(e)
	if f == nil {
		field := xmpp.Field{Var: "mode", Type: xmpp.ListSingleField, Label: "May reach me", Required: true}
		for _, p := range privacies {
			field.Options = append(field.Options, xmpp.Option{Label: p.label, Value: p.name})
		}
		form := &xmpp.Form{Type: xmpp.FormForm, Title: string(speech.Of("Privacy in %s", a.svc.title())), Fields: []xmpp.Field{field}}
		if len(a.blocked) > 0 {
			form.Instructions = string(speech.Of("Blocked now: %s", blockedNames(a.blocked)))
		}
		a.send(q.Result(formStage(e, inLanguage(form, a.tongueOf(q)))))
		return
	}
	for _, p := range privacies {
		if f.Value("mode") == p.name {
			a.ask(q, transports.CanPrivacy, func(tag transports.Tag) transports.Command {
				return transports.SetPrivacy{Tag: tag, Mode: p.mode}
			}, func(transports.Done) ([]*xmltree.Element, *xmpp.Error) {
				return []*xmltree.Element{commandDone(e, speech.Of("Now %s may reach you.", speech.Text(p.label)).In(a.tongueOf(q)))}, nil
			})
			return
		}
	}
	a.fail(q, xmpp.NotAcceptable, "This is not one of the choices.")
}

func blockedNames(list []transports.LegacyID) string {
	var names []string
	for _, id := range list[:min(len(list), 50)] {
		names = append(names, string(id))
	}
	if more := len(list) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}
