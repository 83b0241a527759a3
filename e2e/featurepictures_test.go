package e2e_test

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"testing"

	"imgate/transports"
)

// aPicture is a PNG of that side and shade.
func aPicture(t *testing.T, side int, shade uint8) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, side, side))
	for i := range side {
		m.Set(i, i, color.Gray{shade})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func hashOf(data []byte) string {
	sum := sha1.Sum(data)
	return hex.EncodeToString(sum[:])
}

// pictured waits until the network shows the guest with a picture, or with none.
func (g *guest) pictured(on bool) bool {
	return within(brief, func() bool { _, _, i := g.h.network.Self(g.legacy()); return len(i.Data) > 0 == on })
}

func pictureRows() []row {
	return []row{
		{"a contact's picture: hash in presence, vCard, items (XEP-0153, XEP-0054, XEP-0084)", func(g *guest) string {
			data := aPicture(g.t, 20, 99)
			g.h.network.SetSelf(g.friend, "Friend of Alice", nil, transports.Image{Type: "image/png", Data: data})
			g.sees(`<presence & from="` + g.pal() + `/imgate" & <photo>` + hashOf(data) + `</photo>`)
			code := base64.StdEncoding.EncodeToString(data)
			g.wants("get", g.pal(), "<vCard xmlns='vcard-temp'/>", `<BINVAL>`+code+`</BINVAL>`)
			g.wants("get", g.pal(), "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:avatar:data'><item id='"+hashOf(data)+"'/></items></pubsub>",
				`<data xmlns="urn:xmpp:avatar:data">`+code)
			g.h.network.SetSelf(g.friend, "Friend of Alice", nil, transports.Image{})
			g.hears(`<presence & from="` + g.pal() + `/imgate" & <photo/>`)
			return yes
		}},
		{"a contact's picture: the event that it is new (XEP-0084)", func(g *guest) string {
			data := aPicture(g.t, 20, 98)
			g.h.network.SetSelf(g.friend, "", nil, transports.Image{Type: "image/png", Data: data})
			told := g.told(`<message & from="` + g.pal() + `" & urn:xmpp:avatar:metadata & id="` + hashOf(data) + `"`)
			if told == yes {
				g.h.network.SetSelf(g.friend, "", nil, transports.Image{})
				g.hears(`<message & from="` + g.pal() + `" & <item><metadata xmlns="urn:xmpp:avatar:metadata"/>`)
			}
			return told
		}},
		{"the user's picture by vCard (XEP-0153)", func(g *guest) string {
			data := aPicture(g.t, 40, 50)
			g.wants("set", "", "<vCard xmlns='vcard-temp'><FN>Alice</FN><PHOTO><TYPE>image/png</TYPE><BINVAL>"+
				base64.StdEncoding.EncodeToString(data)+"</BINVAL></PHOTO></vCard>", `type="result"`)
			g.sends("<presence><x xmlns='vcard-temp:x:update'><photo>" + hashOf(data) + "</photo></x></presence>")
			if !g.pictured(true) {
				return "no"
			}
			g.sends("<presence><x xmlns='vcard-temp:x:update'><photo/></x></presence>")
			if !g.pictured(false) {
				return "shown, and never taken away"
			}
			return yes
		}},
		{"the user's picture by PEP (XEP-0084)", func(g *guest) string {
			data := aPicture(g.t, 30, 70)
			code := base64.StdEncoding.EncodeToString(data)
			if missing := g.publishes("urn:xmpp:avatar:data", hashOf(data), "<data xmlns='urn:xmpp:avatar:data'>"+code+"</data>"); missing != "" {
				return missing
			}
			g.publishes("urn:xmpp:avatar:metadata", hashOf(data), fmt.Sprintf("<metadata xmlns='urn:xmpp:avatar:metadata'><info bytes='%d' id='%s' type='image/png'/></metadata>", len(data), hashOf(data)))
			if !g.pictured(true) {
				return "no: the server does not tell the gateway"
			}
			return yes
		}},
	}
}
