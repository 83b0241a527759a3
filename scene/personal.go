package scene

import (
	"fmt"

	"imgate/xmltree"
	"imgate/xmpp"
)

// personalVerbs are the steps of what users say of themselves and to each other besides texts.
func personalVerbs() []verb {
	return []verb{
		{"* calls herself *", (*player).calls},
		{"* calls himself *", (*player).calls},
		{"* listens to * by *", (*player).listens},
		{"* sees * listen to * by *", (*player).seesListen},
		{"* nudges *", (*player).nudges},
		{"* is nudged by *", (*player).isNudged},
	}
}

// calls tells a nickname with the presence (XEP-0172 §4.1).
func (p *player) calls(a []string) error {
	return p.send(a[0], stanza("presence", "", "").With(xmltree.Leaf(xmpp.NickSpace, "nick", a[1])))
}

// listens tells the user's own server (XEP-0118 by XEP-0163).
func (p *player) listens(a []string) error {
	tune := xmltree.New(xmpp.TuneSpace, "tune").With(xmltree.Leaf(xmpp.TuneSpace, "artist", a[2]), xmltree.Leaf(xmpp.TuneSpace, "title", a[1]))
	publish := xmltree.New(xmpp.PubSubSpace, "publish").SetAttr("node", xmpp.TuneSpace).
		With(xmltree.New(xmpp.PubSubSpace, "item").SetAttr("id", "current").With(tune))
	answer, err := p.request(a[0], "set", "", xmltree.New(xmpp.PubSubSpace, "pubsub").With(publish))
	if err == nil && answer.Attr("type") != "result" {
		err = fmt.Errorf("answered with %s", answer)
	}
	return err
}

func (p *player) seesListen(a []string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		items := e.Child(xmpp.PubSubEventSpace, "event").Child(xmpp.PubSubEventSpace, "items")
		tune := items.Child(xmpp.PubSubEventSpace, "item").Child(xmpp.TuneSpace, "tune")
		return from(e, p.address(a[1])) && tune.ChildText(xmpp.TuneSpace, "title") == a[2] && tune.ChildText(xmpp.TuneSpace, "artist") == a[3]
	})
}

// nudges wants attention (XEP-0224), and a receipt for it.
func (p *player) nudges(a []string) error {
	id := p.newID()
	p.sent[a[0]] = id
	return p.send(a[0], stanza("message", p.address(a[1]), "headline").SetAttr("id", id).
		With(xmltree.New(xmpp.AttentionSpace, "attention"), xmpp.ReceiptRequest()))
}

func (p *player) isNudged(a []string) error {
	return p.receive(a[0], func(e *xmltree.Element) bool {
		return e.Name.Local == "message" && from(e, p.address(a[1])) && e.Child(xmpp.AttentionSpace, "attention") != nil
	})
}
