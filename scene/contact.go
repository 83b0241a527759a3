package scene

import (
	"fmt"
	"slices"

	"imgate/xmltree"
	"imgate/xmpp"
)

// contactVerbs are the steps of what users are to each other: who is blocked, who is refused, who is sorted where.
func contactVerbs() []verb {
	return []verb{
		{"* blocks *", func(p *player, a []string) error { return p.blocks(a, "block") }},
		{"* unblocks *", func(p *player, a []string) error { return p.blocks(a, "unblock") }},
		{"* finds * blocked", func(p *player, a []string) error { return p.findsBlocked(a, true) }},
		{"* finds * unblocked", func(p *player, a []string) error { return p.findsBlocked(a, false) }},
		{"* lets * write on *", (*player).lets},
		{"* never received message from * *", (*player).neverReceived},
		{"* refuses requests", func(p *player, a []string) error { return p.decides(a[0], true) }},
		{"* grants requests", func(p *player, a []string) error { return p.decides(a[0], false) }},
		{"* receives refusal from *", (*player).receivesRefusal},
		{"* sorts * into * as *", (*player).sorts},
		{"* finds * in * as *", (*player).findsSorted},
	}
}

const blockSpace = "urn:xmpp:blocking"

// blocks asks the gateway, which has the network's list (XEP-0191).
func (p *player) blocks(a []string, what string) error {
	list := xmltree.New(blockSpace, what).With(xmltree.New(blockSpace, "item").SetAttr("jid", p.address(a[1])))
	answer, err := p.request(a[0], "set", p.service(a[1]), list)
	if err == nil && answer.Attr("type") != "result" {
		err = fmt.Errorf("answered with %s", answer)
	}
	return err
}

func (p *player) findsBlocked(a []string, want bool) error {
	var last *xmltree.Element
	ok := p.stage.Until(func() bool {
		answer, err := p.request(a[0], "get", p.service(a[1]), xmltree.New(blockSpace, "blocklist"))
		if last = answer; err != nil || answer.Attr("type") != "result" {
			return false
		}
		found := false
		for item := range answer.Child(blockSpace, "blocklist").ChildrenNamed(blockSpace, "item") {
			found = found || item.Attr("jid") == p.address(a[1])
		}
		return found == want
	})
	if !ok {
		return fmt.Errorf("it is not so: %s", last)
	}
	return nil
}

// lets chooses who may reach the user.
func (p *player) lets(a []string) error { return p.fills(a[0], "privacy", a[2], "mode", a[1]) }

// neverReceived is for what would have come before something that has come.
func (p *player) neverReceived(a []string) error {
	u, err := p.stage.User(a[0])
	if err != nil {
		return err
	}
	for _, e := range u.Inbox() {
		if p.says(e, a) {
			return fmt.Errorf("it has: %s", e)
		}
	}
	return nil
}

func (p *player) decides(name string, refuse bool) error {
	u, err := p.stage.User(name)
	if err == nil {
		u.Refuse(refuse)
	}
	return err
}

func (p *player) receivesRefusal(a []string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		return e.Name.Local == "presence" && from(e, p.address(a[1])) && e.Attr("type") == "unsubscribed"
	})
}

// sorts changes an item of the user's roster. Its server lets the gateway see the roster; it is read when the user comes.
func (p *player) sorts(a []string) error {
	item := xmltree.New(xmpp.RosterSpace, "item").SetAttr("jid", p.address(a[1])).SetAttr("name", a[3]).
		With(xmltree.Leaf(xmpp.RosterSpace, "group", a[2]))
	answer, err := p.request(a[0], "set", "", xmltree.New(xmpp.RosterSpace, "query").With(item))
	if err == nil && answer.Attr("type") != "result" {
		err = fmt.Errorf("answered with %s", answer)
	}
	return err
}

func (p *player) findsSorted(a []string) error {
	var last *xmltree.Element
	ok := p.stage.Until(func() bool {
		answer, err := p.request(a[0], "get", "", xmltree.New(xmpp.RosterSpace, "query"))
		last = answer
		if err != nil {
			return false
		}
		for _, item := range xmpp.ParseRoster(answer.Child(xmpp.RosterSpace, "query")) {
			if item.JID.String() == p.address(a[1]) {
				return item.Name == a[3] && slices.Equal(item.Groups, []string{a[2]})
			}
		}
		return false
	})
	if !ok {
		return fmt.Errorf("the roster is %s", last)
	}
	return nil
}
