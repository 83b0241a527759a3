package gateway

import (
	"encoding/base64"
	"maps"
	"strings"

	"imgate/component/gateway/picture"
	"imgate/component/gateway/vcard"
	"imgate/registry"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// The user's own picture and profile on the network.

// settingPhoto is the hash of the picture that the network was given last, beside the settings of the form: so that
// a restart does not fetch every user's vCard.
const settingPhoto = "photo-given"

// photoChanged looks at what presence says of the user's picture (XEP-0153 §3.2).
func (a *account) photoChanged(p xmpp.Presence) {
	if hash, ok := vcard.UpdateIn(p); ok {
		a.photo = hash
		a.givePhoto(hash)
	}
}

// onAvatarEvent takes the metadata of the user's picture (XEP-0084 §4.2.2); false: m has none.
func (a *account) onAvatarEvent(m xmpp.Message) bool {
	items := m.Child(xmpp.PubSubEventSpace, "event").Child(xmpp.PubSubEventSpace, "items")
	if items.Attr("node") != xmpp.AvatarMetaSpace {
		return false
	}
	if a.photo != "" { // presence tells it too, and one is enough
		return true
	}
	info := items.Child(xmpp.PubSubEventSpace, "item").Child(xmpp.AvatarMetaSpace, "metadata").Child(xmpp.AvatarMetaSpace, "info")
	hash := strings.Clone(info.Attr("id"))
	if !a.mayGive(hash) {
		return true
	}
	if hash == "" {
		a.givePhoto("")
		return true
	}
	wanted := xmltree.New(xmpp.PubSubSpace, "pubsub").With(xmltree.New(xmpp.PubSubSpace, "items").SetAttr("node", xmpp.AvatarDataSpace).
		With(xmltree.New(xmpp.PubSubSpace, "item").SetAttr("id", hash)))
	a.inquire(a.user, wanted, cardWait, func(q *xmpp.IQ) {
		if q == nil {
			return
		}
		text := q.Query().Child(xmpp.PubSubSpace, "items").Child(xmpp.PubSubSpace, "item").ChildText(xmpp.AvatarDataSpace, "data")
		if data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), "")); err == nil && len(data) > 0 {
			a.prepare(hash, data)
		}
	})
	return true
}

// mayGive reports whether the network is to be given another picture.
func (a *account) mayGive(hash string) bool {
	return a.signedOn() && a.session.powers.Has(transports.CanSetAvatar) && a.setting(settingAvatar) == "1" &&
		hash != a.reg.Settings[settingPhoto] && len(hash) <= 64
}

// givePhoto lets the network have the user's picture, or none.
func (a *account) givePhoto(hash string) {
	switch {
	case !a.mayGive(hash):
	case hash == "":
		a.setAvatar("", nil)
	default:
		a.readCard(func(c vcard.Card) {
			if len(c.Photo) > 0 {
				a.prepare(hash, c.Photo)
			}
		})
	}
}

// readCard asks the user's server for the user's vCard.
func (a *account) readCard(then func(vcard.Card)) {
	a.inquire(a.user, xmltree.New(xmpp.VCardSpace, "vCard"), cardWait, func(q *xmpp.IQ) {
		if q != nil && q.Type == xmpp.ResultIQ {
			then(vcard.Parse(q.Query()))
		}
	})
}

// prepare makes of the user's picture one that the network takes, beside the loop.
func (a *account) prepare(hash string, data []byte) {
	limits := a.svc.about.Avatars
	a.g.paint(func() {
		p, err := picture.Fit(data, picture.Limits{Types: limits.Types, Bytes: limits.Bytes, Side: limits.Side})
		a.post(ownPhotoItem{hash, p, err})
	})
}

// An ownPhotoItem is the user's picture as the network takes it.
type ownPhotoItem struct {
	hash    string
	picture picture.Picture
	err     error
}

func (ownPhotoItem) isItem() {}

func (a *account) onOwnPhoto(it ownPhotoItem) {
	switch {
	case a.over || !a.mayGive(it.hash):
	case it.err != nil:
		a.log.Debug("the user's picture is not shown", "err", it.err)
	default:
		a.setAvatar(it.hash, &transports.Image{Type: it.picture.Type, Data: it.picture.Data})
	}
}

// setAvatar gives the network a picture and remembers which it took.
func (a *account) setAvatar(hash string, image *transports.Image) {
	p := pending{kind: pendingRequest, then: func(d transports.Done) {
		if d.Err != nil {
			a.log.Debug("the network does not take the user's picture", "err", d.Err)
			return
		}
		settings := maps.Clone(a.reg.Settings)
		if settings == nil {
			settings = map[string]string{}
		}
		settings[settingPhoto] = hash
		a.reg.Settings = settings
		a.store(a.logStore, registry.SetSettings{Key: a.key, Settings: maps.Clone(settings)})
		a.publish()
	}}
	a.out.tagged(p, func(tag transports.Tag) transports.Command { return transports.SetAvatar{Tag: tag, Image: image} })
}

// tellProfile makes the user's vCard the profile on the network, where the user wants that.
func (a *account) tellProfile() {
	if !a.signedOn() {
		return
	}
	a.givePhoto(a.photo)
	if a.setting(settingProfile) != "1" || !a.session.powers.Has(transports.CanSetProfile) {
		return
	}
	a.readCard(func(c vcard.Card) {
		if a.signedOn() && len(c.Fields) > 0 {
			a.out.push(transports.SetProfile{Fields: c.Fields})
		}
	})
}
