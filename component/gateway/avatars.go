package gateway

import (
	"encoding/base64"
	"errors"
	"strconv"
	"time"

	"imgate/component/gateway/album"
	"imgate/component/gateway/picture"
	"imgate/component/gateway/speech"
	"imgate/component/gateway/vcard"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// Pictures of contacts. The network names a picture by a hash of its own; the album has it, or it is fetched, once;
// then presence tells its SHA-1 (XEP-0153), and clients that want it get the event of XEP-0084.

// maxFetching bounds the pictures of one account that are asked for at a time.
const maxFetching = 64

// photos reports whether this session shows pictures.
func (a *account) photos() bool {
	return a.g.opt.Avatars != nil && a.signedOn() && a.session.powers.Has(transports.CanAvatar)
}

// avatarChanged takes the network's name of a contact's picture.
func (a *account) avatarChanged(c *contact, avatar string) {
	if !a.photos() || avatar == c.avatar {
		return
	}
	had := c.photo != ""
	c.avatar, c.photo = avatar, ""
	switch {
	case avatar != "":
		a.look(c.ID, avatar, nil)
	case had && c.show != transports.Offline: // of who is not there the network may only tell nothing
		for name, r := range a.resources {
			if r.can.has(wantsAvatars) {
				a.tellAvatar(c, name, album.Print{})
			}
		}
	}
}

// A printItem is what the album gave. then, if not nil, is what it was for.
type printItem struct {
	id     transports.LegacyID
	avatar string
	print  album.Print
	err    error
	then   func(album.Print, error)
}

func (printItem) isItem() {}

// look looks into the album, beside the loop.
func (a *account) look(id transports.LegacyID, avatar string, then func(album.Print, error)) {
	a.g.start(func() {
		p, err := a.g.opt.Avatars.Get(a.svc.Name, avatar)
		a.post(printItem{id, avatar, p, err, then})
	})
}

func (a *account) onPrint(it printItem) {
	switch c := a.contacts[it.id]; {
	case it.then != nil:
		it.then(it.print, it.err)
	case c == nil || c.avatar != it.avatar || a.over:
	case it.err == nil:
		a.setPhoto(c, it.print)
	case errors.Is(it.err, album.ErrMissing):
		a.fetch(c)
	default:
		a.log.Warn("a picture can't be kept", "err", it.err)
	}
}

// fetch asks the network for a contact's picture.
func (a *account) fetch(c *contact) {
	if !a.photos() || a.fetching[c.ID] || len(a.fetching) >= maxFetching {
		return
	}
	if a.fetching == nil {
		a.fetching = map[transports.LegacyID]bool{}
	}
	id, avatar := c.ID, c.avatar
	p := pending{kind: pendingRequest, then: func(d transports.Done) {
		delete(a.fetching, id)
		if r, ok := d.Result.(transports.AvatarResult); d.Err == nil && ok && len(r.Image.Data) > 0 {
			a.develop(id, avatar, r.Image.Data)
		}
	}}
	a.fetching[id] = a.out.tagged(p, func(tag transports.Tag) transports.Command {
		return transports.FetchAvatar{Tag: tag, ID: id, Hash: avatar}
	})
	if !a.fetching[id] {
		delete(a.fetching, id)
	}
}

// develop makes of a network's picture one that a vCard can hold, and puts it into the album, beside the loop.
func (a *account) develop(id transports.LegacyID, avatar string, data []byte) {
	a.g.paint(func() {
		p, err := picture.Fit(data, picture.Limits{})
		if err != nil {
			a.log.Debug("a contact's picture is not shown", "err", err)
			return
		}
		print, err := a.g.opt.Avatars.Put(a.svc.Name, avatar, p.Type, p.Data)
		a.post(printItem{id, avatar, print, err, nil})
	})
}

// paint works on a picture beside the loops; so many at a time, since a picture takes memory.
func (g *Gateway) paint(work func()) {
	g.start(func() {
		select {
		case g.studio <- struct{}{}:
			defer func() { <-g.studio }()
			work()
		case <-g.ctx.Done():
		}
	})
}

// setPhoto shows a picture that is in the album.
func (a *account) setPhoto(c *contact, p album.Print) {
	if c.photo == p.Hash {
		return
	}
	c.photo = p.Hash
	a.showContact(c)
	for name, r := range a.resources {
		switch {
		case r.can.has(wantsAvatars):
			a.tellAvatar(c, name, p)
		case !r.can.has(canBeKnown):
			a.wonder()
		}
	}
}

// tellAvatars tells a client that has just come, or said what it wants, of the pictures of those who are there.
func (a *account) tellAvatars(name string) {
	r, ok := a.resources[name]
	if !ok || !r.can.mayWant(wantsAvatars) || !a.photos() {
		return
	}
	for _, c := range a.contacts {
		switch {
		case c.photo == "" || !c.shown:
		case !r.can.has(canBeKnown):
			a.wonder()
			return
		default:
			a.look(c.ID, c.avatar, func(p album.Print, err error) {
				if err == nil {
					a.tellAvatar(c, name, p)
				}
			})
		}
	}
}

// tellAvatar is the event of XEP-0084 §4.2.2, in the contact's name; without a picture that of §4.2.3.
func (a *account) tellAvatar(c *contact, resource string, p album.Print) {
	from, ok := a.address(c.ID)
	if !ok || !c.inRoster() {
		return
	}
	item := xmltree.New(xmpp.PubSubEventSpace, "item")
	if p.Hash != "" {
		item.SetAttr("id", p.Hash).With(metadata(p))
	} else {
		item.With(xmltree.New(xmpp.AvatarMetaSpace, "metadata"))
	}
	items := xmltree.New(xmpp.PubSubEventSpace, "items").SetAttr("node", xmpp.AvatarMetaSpace).With(item)
	a.send(xmpp.Message{
		Header:  xmpp.Header{ID: a.newID("avatar"), From: from, To: a.user.WithResource(resource)},
		Type:    xmpp.HeadlineMessage,
		Payload: []*xmltree.Element{xmltree.New(xmpp.PubSubEventSpace, "event").With(items)},
	})
}

func metadata(p album.Print) *xmltree.Element {
	return xmltree.New(xmpp.AvatarMetaSpace, "metadata").With(xmltree.New(xmpp.AvatarMetaSpace, "info").
		SetAttr("bytes", strconv.Itoa(len(p.Data))).SetAttr("id", p.Hash).SetAttr("type", p.Type))
}

// onItems answers for the two nodes of XEP-0084, which the gateway keeps in the place of a contact's server.
func (a *account) onItems(q xmpp.IQ) {
	items := q.Query().Child(xmpp.PubSubSpace, "items")
	node := items.Attr("node")
	c := a.contactOf(q.To)
	switch {
	case items == nil || node != xmpp.AvatarDataSpace && node != xmpp.AvatarMetaSpace:
		a.fail(q, xmpp.FeatureNotImplemented, "")
		return
	case c == nil || c.photo == "" || !a.photos():
		a.fail(q, xmpp.ItemNotFound, "The contact shows no picture.")
		return
	}
	wanted := items.Child(xmpp.PubSubSpace, "item").Attr("id")
	a.look(c.ID, c.avatar, func(p album.Print, err error) {
		if err != nil || wanted != "" && wanted != p.Hash {
			a.fail(q, xmpp.ItemNotFound, "The contact shows another picture, or none.")
			return
		}
		payload := metadata(p)
		if node == xmpp.AvatarDataSpace {
			payload = xmltree.Leaf(xmpp.AvatarDataSpace, "data", base64.StdEncoding.EncodeToString(p.Data))
		}
		a.send(q.Result(xmltree.New(xmpp.PubSubSpace, "pubsub").With(xmltree.New(xmpp.PubSubSpace, "items").SetAttr("node", node).
			With(xmltree.New(xmpp.PubSubSpace, "item").SetAttr("id", p.Hash).With(payload)))))
	})
}

// card is the gateway's own vCard.
func (d *desk) card(svc *Service, q xmpp.IQ, _ *xmltree.Element) {
	d.send(svc, q.Result(vcard.Card{Fields: []transports.Field{
		{Var: "name", Value: svc.title()}, {Var: "nick", Value: svc.title()}, {Var: "about", Value: textAgent(svc.title()).In(d.tongue(svc, q))},
	}}.Element()))
}

// onCard is the profile of a contact with its picture (XEP-0054): as the network tells it now, and where it can't
// be asked, what is known.
func (a *account) onCard(q xmpp.IQ) {
	id, err := a.svc.legacyID(q.To)
	if err != nil {
		a.fail(q, xmpp.ItemNotFound, speech.Of("%s", err))
		return
	}
	c := a.contacts[id]
	if c == nil || c.photo == "" || a.g.opt.Avatars == nil {
		a.answerCard(q, id, album.Print{})
		return
	}
	a.look(id, c.avatar, func(p album.Print, _ error) { a.answerCard(q, id, p) })
}

func (a *account) answerCard(q xmpp.IQ, id transports.LegacyID, p album.Print) {
	card := vcard.Card{Photo: p.Data, Kind: p.Type}
	if c := a.contacts[id]; c != nil && c.name != "" {
		card.Fields = append(card.Fields, transports.Field{Var: "nick", Value: c.name})
	}
	if !a.signedOn() || !a.session.powers.Has(transports.CanProfile) {
		card.Fields = append(card.Fields, transports.Field{Var: "name", Value: string(id)})
		a.send(q.Result(card.Element()))
		return
	}
	a.ask(q, transports.CanProfile, func(tag transports.Tag) transports.Command {
		return transports.FetchProfile{Tag: tag, ID: id}
	}, func(d transports.Done) ([]*xmltree.Element, *xmpp.Error) {
		if r, ok := d.Result.(transports.ProfileResult); ok {
			card.Fields = append(r.Fields, card.Fields...)
			if text := r.Text.String(); text != "" {
				card.Fields = append(card.Fields, transports.Field{Var: "about", Label: "Profile", Value: text})
			}
		}
		return []*xmltree.Element{card.Element()}, nil
	})
}

// cardWait is how long the user's server may take to give a vCard.
const cardWait = 30 * time.Second
