package gateway

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"image"
	"image/png"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/transports"
	"imgate/xmpp"
)

// aPicture is a small PNG of that width.
func aPicture(t *testing.T, width int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, 10))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func hashOf(data []byte) string {
	sum := sha1.Sum(data)
	return hex.EncodeToString(sum[:])
}

// inside looks at alice's account in its own loop.
func (w *world) inside(f func(*account)) {
	w.g.accounts.get(aliceKey()).post(look(f))
	synctest.Wait()
}

// A look is a testItem.
type look func(*account)

func (look) isItem()            {}
func (f look) apply(a *account) { f(a) }

// together puts echobot into the roster.
func (w *world) together() {
	w.says(`<presence type='subscribe' from='alice@example.org' to='%s'/>`, echobot)
	w.says(`<presence type='subscribed' from='alice@example.org' to='%s'/>`, echobot)
}

// answers answers a question of the gateway as the user's client would, or the user's server.
func (w *world) answers(id, from, payload string) {
	w.t.Helper()
	w.says(`<iq type='result' id='%s' from='%s' to='%s'>%s</iq>`, id, from, domain, payload)
}

func TestPicturesOfContacts(t *testing.T) {
	play(t, func(w *world) {
		first, second := aPicture(t, 20), aPicture(t, 30)
		w.registers("Alice Liddell", "pw")
		w.befriends()
		question := w.asked(xmpp.InfoSpace)
		w.together()
		w.server.SetShow("echobot", transports.Online, "")
		w.link.take()
		w.answers(question, laptop, "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='urn:xmpp:avatar:metadata+notify'/></query>")
		w.server.SetSelf("echobot", "Echo", nil, transports.Image{Type: "image/png", Data: first})
		w.after(time.Second)
		w.hears(`from="echobot@aim.example.org/imgate" & <photo>`+hashOf(first)+`</photo>`,
			`from="echobot@aim.example.org" & to="alice@example.org/laptop" & <info bytes="`)
		w.asks("get", echobot, "<vCard xmlns='vcard-temp'/>")
		w.after(0)
		w.hears(`<NICKNAME>Echo</NICKNAME> & <BINVAL>` + base64.StdEncoding.EncodeToString(first))
		items := func(node, item string) {
			w.asks("get", echobot, "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='"+node+"'>"+item+"</items></pubsub>")
			w.after(0)
		}
		items("urn:xmpp:avatar:data", "<item id='"+hashOf(first)+"'/>")
		w.hears(`<data xmlns="urn:xmpp:avatar:data">` + base64.StdEncoding.EncodeToString(first))
		items("urn:xmpp:avatar:metadata", "")
		w.hears(`id="` + hashOf(first) + `" type="image/png"`)
		items("urn:xmpp:avatar:data", "<item id='other'/>")
		w.hears(`<item-not-found`)
		items("urn:xmpp:bookmarks:1", "")
		w.hears(`<feature-not-implemented`)
		w.server.SetSelf("echobot", "Echo", nil, transports.Image{Type: "image/png", Data: second})
		w.after(time.Second)
		w.hears(`<photo>` + hashOf(second) + `</photo>`)
		w.server.SetSelf("echobot", "Echo", nil, transports.Image{})
		w.after(time.Second)
		w.hears(`<photo/>`)
		w.server.SetSelf("echobot", "Echo", nil, transports.Image{Type: "image/png", Data: []byte("no picture at all")})
		w.after(time.Second)
		w.asks("get", echobot, "<vCard xmlns='vcard-temp'/>")
		w.after(0)
		w.never("BINVAL")
		w.hears(`<NICKNAME>Echo</NICKNAME>`)
	})
}

// A picture that is in the album is not fetched again, not even after a restart.
// TestPicturesReachClientsThatNobodyHasAsked is where nobody was asked for the sake of the roster, since the gateway sets
// that itself: what a client wants to hear is asked when there is something to hear, of one client after the other.
func TestPicturesReachClientsThatNobodyHasAsked(t *testing.T) {
	play(t, func(w *world) {
		roster := w.rosterServer()
		w.grants(2, "both", "outgoing")
		w.registers("Alice Liddell", "pw")
		roster.serves()
		w.says(`<presence from='%s' to='%s'/>`, laptop, domain)
		w.says(`<presence from='%s' to='%s'/>`, phone, domain)
		roster.serves()
		w.link.take()
		w.server.SetShow("echobot", transports.Online, "")
		w.server.SetSelf("echobot", "Echo", nil, transports.Image{Type: "image/png", Data: aPicture(t, 20)})
		w.after(time.Second)
		answer := func(client string) {
			w.answers(w.asked(xmpp.InfoSpace), client, "<query xmlns='http://jabber.org/protocol/disco#info'><feature var='urn:xmpp:avatar:metadata+notify'/></query>")
			w.after(time.Second)
		}
		answer(laptop)
		answer(phone)
		w.hears(`from="echobot@aim.example.org" & to="`+laptop+`" & <info bytes="`, `from="echobot@aim.example.org" & to="`+phone+`" & <info bytes="`)
		w.says(`<presence from='%s/desk' to='%s'/>`, bare, domain) // who comes when there is a picture already
		w.after(0)
		answer(bare + "/desk")
		w.hears(`from="echobot@aim.example.org" & to="` + bare + `/desk" & <info bytes="`)
		w.server.SetSelf("echobot", "Echo", nil, transports.Image{}) // taken away: an empty event says so (XEP-0084 §4.2.3)
		w.after(time.Second)
		w.hears(`from="echobot@aim.example.org" & to="`+phone+`" & <item><metadata xmlns="urn:xmpp:avatar:metadata"/>`, `to="`+laptop+`" & <metadata`)
	})
}

func TestPicturesAreKept(t *testing.T) {
	play(t, func(w *world) {
		data := aPicture(t, 20)
		w.server.SetSelf("echobot", "", nil, transports.Image{Type: "image/png", Data: data})
		w.online()
		w.together()
		w.server.SetShow("echobot", transports.Online, "")
		w.after(time.Second)
		w.hears(`<photo>` + hashOf(data))
		w.stop()
		w.server.Grant("aliceliddell", transports.CanAvatar)
		w.start()
		w.available(laptop, "")
		w.server.SetShow("echobot", transports.Away, "")
		w.after(time.Second)
		w.hears(`<photo>` + hashOf(data))
		w.inside(func(a *account) {
			if a.out.last != 0 {
				t.Errorf("%d things were asked of the network", a.out.last)
			}
		})
	})
}

func TestTheUsersOwnPicture(t *testing.T) {
	play(t, func(w *world) {
		data := aPicture(t, 500)
		shown := func() transports.Image { _, _, i := w.server.Self("aliceliddell"); return i }
		w.online()
		card := "<vCard xmlns='vcard-temp'><FN>Alice</FN><N><GIVEN>Alice</GIVEN></N><PHOTO><TYPE>image/png</TYPE><BINVAL>" +
			base64.StdEncoding.EncodeToString(data) + "</BINVAL></PHOTO></vCard>"
		update := "<x xmlns='vcard-temp:x:update'><photo>" + hashOf(data) + "</photo></x>"
		w.available(laptop, update)
		id := w.asked(xmpp.VCardSpace)
		w.answers(id, "mallory@example.org", card)
		w.answers(id, "alice@example.org", card)
		w.after(time.Second)
		if got := shown(); len(got.Data) == 0 || got.Type != "image/png" || bytes.Equal(got.Data, data) {
			t.Errorf("the network shows %d bytes of %q", len(got.Data), got.Type)
		}
		if _, fields, _ := w.server.Self("aliceliddell"); len(fields) != 0 {
			t.Errorf("the profile was told unasked: %v", fields)
		}
		w.link.take()
		w.available(laptop, "<show>away</show>"+update)
		w.stop()
		w.start()
		w.available(laptop, update)
		w.after(time.Minute)
		w.never(`<vCard xmlns="vcard-temp"/>`)
		w.settings("profile", "1")
		w.answers(w.asked(xmpp.VCardSpace), "alice@example.org", card)
		w.after(0)
		if _, fields, _ := w.server.Self("aliceliddell"); len(fields) != 2 {
			t.Errorf("the profile is %v", fields)
		}
		w.available(laptop, "<x xmlns='vcard-temp:x:update'><photo/></x>")
		w.after(time.Second)
		if got := shown(); len(got.Data) != 0 {
			t.Error("the picture was not taken away")
		}
	})
}

func TestTheUsersPictureByEvent(t *testing.T) {
	play(t, func(w *world) {
		data := aPicture(t, 20)
		w.online()
		event := func(inner string) {
			w.says(`<message from='alice@example.org' to='%s/imgate' type='headline'><event xmlns='http://jabber.org/protocol/pubsub#event'>
				<items node='urn:xmpp:avatar:metadata'><item id='x'><metadata xmlns='urn:xmpp:avatar:metadata'>%s</metadata></item></items></event></message>`, domain, inner)
		}
		event("<info id='" + hashOf(data) + "' bytes='1' type='image/png'/>")
		w.answers(w.asked(xmpp.PubSubSpace), "alice@example.org", "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:avatar:data'><item id='x'>"+
			"<data xmlns='urn:xmpp:avatar:data'>"+base64.StdEncoding.EncodeToString(data)+"</data></item></items></pubsub>")
		w.after(time.Second)
		if _, _, got := w.server.Self("aliceliddell"); !bytes.Equal(got.Data, data) {
			t.Errorf("the network shows %d bytes", len(got.Data))
		}
		event("")
		w.after(time.Second)
		if _, _, got := w.server.Self("aliceliddell"); len(got.Data) != 0 {
			t.Error("the picture was not taken away")
		}
		w.settings("avatar", "0")
		w.link.take()
		event("<info id='" + hashOf(data) + "'/>")
		w.never("urn:xmpp:avatar:data")
	})
}

func TestSearch(t *testing.T) {
	play(t, func(w *world) {
		w.asks("get", domain, "<query xmlns='jabber:iq:search'/>")
		w.hears(`<registration-required`)
		w.online()
		w.server.SetSelf("echobot", "Echo the Bot", nil, transports.Image{})
		w.asks("get", domain, "<query xmlns='jabber:iq:search'/>")
		w.hears(`<instructions>Fill in & <nick/> & var="name"`)
		w.asks("set", domain, "<query xmlns='jabber:iq:search'><nick>echo</nick></query>")
		w.hears(`<item jid="echobot@aim.example.org"> & <nick>Echo the Bot</nick>`)
		w.asks("set", domain, "<query xmlns='jabber:iq:search'><x xmlns='jabber:x:data' type='submit'><field var='name'><value>echo</value></field></x></query>")
		w.hears(`<reported> & <value>echobot@aim.example.org</value> & <value>Echo the Bot</value>`)
		w.asks("set", domain, "<query xmlns='jabber:iq:search'><nick/></query>")
		w.hears(`<not-acceptable`)
		w.asks("set", domain, "<query xmlns='jabber:iq:search'><shoe>44</shoe></query>")
		w.hears(`<not-acceptable`)
		w.asks("set", domain, "<query xmlns='jabber:iq:search'><nick>"+strings.Repeat("x", 300)+"</nick></query>")
		w.hears(`<not-acceptable`)
	})
}

func TestCardsWithoutASession(t *testing.T) {
	play(t, func(w *world) {
		w.asks("get", domain, "<vCard xmlns='vcard-temp'/>")
		w.hears(`<DESC>The gateway to`)
		w.online()
		w.asks("get", "nobody@aim.example.org", "<vCard xmlns='vcard-temp'/>")
		w.hears(`<item-not-found`)
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Replaced})
		w.after(time.Second)
		w.asks("get", echobot, "<vCard xmlns='vcard-temp'/>")
		w.hears(`<FN>echobot</FN>`)
	})
}

// Nobody else's answer counts, and what is never answered is forgotten.
func TestQuestions(t *testing.T) {
	play(t, func(w *world) {
		w.registers("Alice Liddell", "pw")
		w.befriends()
		id := w.asked(xmpp.InfoSpace)
		w.answers(id, "alice@example.org/other", "<query xmlns='http://jabber.org/protocol/disco#info'/>")
		w.inside(func(a *account) {
			if len(a.questions) != 2 { // the other is for leave to manage the roster
				t.Errorf("%d questions", len(a.questions))
			}
		})
		w.after(rosterWait + time.Second)
		w.inside(func(a *account) {
			if len(a.questions) != 0 || !a.due.question.IsZero() {
				t.Errorf("%d questions are still open, %v", len(a.questions), a.due.question)
			}
		})
	})
}
