package scene

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"imgate/xmltree"
	"imgate/xmpp"
)

// userVerbs are the steps of users and of time.
func userVerbs() []verb {
	return []verb{
		{"* registers * as * password *", (*player).registers},
		{"* fails to register * as * password * with *", (*player).failsToRegister},
		{"* unregisters *", (*player).unregisters},
		{"* is available", func(p *player, a []string) error { return p.present(a[0], "", "") }},
		{"* is away *", func(p *player, a []string) error { return p.present(a[0], "away", a[1]) }},
		{"* is gone", func(p *player, a []string) error {
			return p.send(a[0], stanza("presence", "", "unavailable"))
		}},
		{"* writes * to *", (*player).writes},
		{"* types to *", (*player).types},
		{"* adds *", func(p *player, a []string) error {
			return p.send(a[0], stanza("presence", p.address(a[1]), "subscribe"))
		}},
		{"* removes *", (*player).removes},
		{"* runs * on *", (*player).runs},
		{"* finds * *", (*player).finds},
		{"* sees * typing", (*player).seesTyping},
		{"* receives message from * *", (*player).receivesMessage},
		{"* receives offline message from * *", (*player).receivesStored},
		{"* receives presence from * …", (*player).receivesPresence},
		{"* receives state * *", (*player).receivesState},
		{"* receives otherLocation * *", (*player).receivesOtherLocation},
		{"* receives subscription from *", (*player).receivesSubscription},
		{"* receives receipt", (*player).receivesReceipt},
		{"* receives error *", (*player).receivesError},
		{"* has read everything", (*player).hasRead},
		{"after *", (*player).after},
		{"* restarts", func(p *player, a []string) error { return p.stage.Restart(a[0], false) }},
		{"* is killed", func(p *player, a []string) error { return p.stage.Restart(a[0], true) }},
	}
}

func credentials(name, password string) *xmltree.Element {
	return xmltree.New(xmpp.RegisterSpace, "query").With(
		xmltree.Leaf(xmpp.RegisterSpace, "username", name), xmltree.Leaf(xmpp.RegisterSpace, "password", password))
}

func (p *player) registers(a []string) error {
	answer, err := p.request(a[0], "set", p.address(a[1]), credentials(a[2], a[3]))
	if err == nil && answer.Attr("type") != "result" {
		err = fmt.Errorf("answered with %s", answer)
	}
	return err
}

func (p *player) failsToRegister(a []string) error {
	answer, err := p.request(a[0], "set", p.address(a[1]), credentials(a[2], a[3]))
	switch {
	case err != nil:
		return err
	case condition(answer) != a[4]:
		return fmt.Errorf("answered with %s", answer)
	case answer.Child(xmpp.RegisterSpace, "query") != nil:
		return fmt.Errorf("the error tells the query back: %s", answer)
	}
	return nil
}

func (p *player) unregisters(a []string) error {
	q := xmltree.New(xmpp.RegisterSpace, "query").With(xmltree.New(xmpp.RegisterSpace, "remove"))
	answer, err := p.request(a[0], "set", p.address(a[1]), q)
	if err == nil && answer.Attr("type") != "result" {
		err = fmt.Errorf("answered with %s", answer)
	}
	return err
}

func (p *player) present(name, show, status string) error {
	e := stanza("presence", "", "")
	if show != "" {
		e.With(xmpp.Leaf("show", show))
	}
	if status != "" {
		e.With(xmpp.Leaf("status", status))
	}
	return p.send(name, e)
}

func (p *player) writes(a []string) error {
	id := p.newID()
	p.sent[a[0]] = id
	m := stanza("message", p.address(a[2]), "chat").SetAttr("id", id).With(xmpp.Leaf("body", a[1]), xmpp.ReceiptRequest())
	return p.send(a[0], m)
}

func (p *player) types(a []string) error {
	return p.send(a[0], stanza("message", p.address(a[1]), "chat").With(xmpp.Composing.Element()))
}

func (p *player) removes(a []string) error {
	for _, kind := range []string{"unsubscribe", "unsubscribed"} {
		if err := p.send(a[0], stanza("presence", p.address(a[1]), kind)); err != nil {
			return err
		}
	}
	return nil
}

func command(node string) *xmltree.Element {
	return xmltree.New(xmpp.CommandsSpace, "command").SetAttr("node", node).SetAttr("action", "execute")
}

func (p *player) runs(a []string) error {
	answer, err := p.request(a[0], "set", p.address(a[2]), command(a[1]))
	if err == nil && answer.Child(xmpp.CommandsSpace, "command").Attr("status") != "completed" {
		err = fmt.Errorf("answered with %s", answer)
	}
	return err
}

// finds asks for the status until it is the one told: "disabled" or "disabled(other_location)".
func (p *player) finds(a []string) error {
	want, last := a[2], ""
	ok := p.stage.Until(func() bool {
		answer, err := p.request(a[0], "set", p.address(a[1]), command("status"))
		if err != nil {
			return false
		}
		form := xmpp.ParseForm(answer.Child(xmpp.CommandsSpace, "command").Child(xmpp.DataSpace, "x"))
		last = form.Value("state")
		if strings.Contains(want, "(") {
			last += "(" + form.Value("reason") + ")"
		}
		return last == want
	})
	if !ok {
		return fmt.Errorf("it is %q", last)
	}
	return nil
}

func (p *player) seesTyping(a []string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		return e.Name.Local == "message" && from(e, p.address(a[1])) && e.Child(xmpp.ChatStatesSpace, "composing") != nil
	})
}

func (p *player) receivesMessage(a []string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool { return p.says(e, a) })
}

func (p *player) says(e *xmltree.Element, a []string) bool {
	body := e.ChildText(xmpp.ClientSpace, "body")
	text, part := strings.CutSuffix(a[2], "…")
	return e.Name.Local == "message" && e.Attr("type") != "error" && from(e, p.address(a[1])) &&
		(body == a[2] || part && strings.HasPrefix(body, text))
}

func (p *player) receivesStored(a []string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		return p.says(e, a) && e.Child(xmpp.DelaySpace, "delay") != nil
	})
}

// receivesPresence: "available", "unavailable" or a show, then perhaps the status.
func (p *player) receivesPresence(a []string) error {
	if len(a) < 3 {
		return fmt.Errorf("available, unavailable or a show is missing")
	}
	return p.receive(a[0], func(e *xmltree.Element) bool {
		kind := e.Attr("type")
		if kind == "" {
			kind = "available"
			if show := e.ChildText(xmpp.ClientSpace, "show"); show != "" {
				kind = show
			}
		}
		status := e.ChildText(xmpp.ClientSpace, "status")
		return e.Name.Local == "presence" && from(e, p.address(a[1])) && kind == a[2] && (len(a) < 4 || status == a[3])
	})
}

func (p *player) receivesState(a []string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		value := e.Child(xmpp.InteropSpace, "x").Child(xmpp.InteropSpace, "state").Attr("value")
		return e.Name.Local == "presence" && from(e, p.address(a[1])) && value == a[2]
	})
}

func (p *player) receivesOtherLocation(a []string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		x := e.Child(xmpp.InteropSpace, "x")
		return from(e, p.address(a[1])) && x.Child(xmpp.InteropSpace, "otherLocation") != nil &&
			x.ChildText(xmpp.InteropSpace, "username") == a[2]
	})
}

// receivesSubscription is how somebody comes into the roster: by a request, to which the user says yes, or, where the
// user's server lets the gateway put them there (XEP-0356), by a push of that item, and then without a request.
func (p *player) receivesSubscription(a []string) error {
	u, err := p.stage.User(a[0])
	if err != nil {
		return err
	}
	asks := func(e *xmltree.Element) bool {
		return e.Name.Local == "presence" && from(e, p.address(a[1])) && e.Attr("type") == "subscribe"
	}
	return p.receive(a[0], func(e *xmltree.Element) bool {
		return asks(e) || isPut(e, p.address(a[1])) && !slices.ContainsFunc(u.Inbox(), asks)
	})
}

// isPut reports whether e is the push of a roster item with both subscriptions.
func isPut(e *xmltree.Element, address string) bool {
	if e.Name.Local != "iq" || e.Attr("type") != "set" {
		return false
	}
	return slices.ContainsFunc(xmpp.ParseRoster(e.Child(xmpp.RosterSpace, "query")), func(i xmpp.RosterItem) bool {
		return i.JID.String() == address && i.Subscription == xmpp.BothSubscription
	})
}

func (p *player) receivesReceipt(a []string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		return e.Child(xmpp.ReceiptsSpace, "received").Attr("id") == p.sent[a[0]]
	})
}

func (p *player) receivesError(a []string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		return e.Attr("id") == p.sent[a[0]] && e.Attr("type") == "error" && condition(e) == a[1]
	})
}

func (p *player) after(a []string) error {
	d, err := time.ParseDuration(a[0])
	if err != nil {
		return err
	}
	p.stage.Pass(d)
	return nil
}
