package gateway

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"imgate/transports"
)

const tea = "#tea@aim.example.org"

// enters is a request to enter a room.
func (w *world) enters(who, seat, inner string) {
	w.t.Helper()
	w.says(`<presence from='%s' to='%s' id='enter'>%s</presence>`, who, seat, inner)
	w.after(0)
}

const byMUC = "<x xmlns='http://jabber.org/protocol/muc'/>"

// inRoom is a user in a room with the Hatter.
func inRoom(t *testing.T, story func(w *world)) {
	t.Helper()
	play(t, func(w *world) {
		w.server.Account("hatter", "pw")
		w.server.Room("tea", "The Mad Tea-Party", "Riddles", "")
		if err := w.server.Enter("tea", "hatter", "Hatter"); err != nil {
			t.Fatal(err)
		}
		w.online()
		w.enters(laptop, tea+"/Alice", byMUC)
		story(w)
	})
}

// order checks that stanzas with these parts were sent in this order.
func (w *world) order(parts ...string) {
	w.t.Helper()
	sent := w.link.take()
	at := 0
	for _, s := range sent {
		if at < len(parts) && anyHas([]string{s}, parts[at]) {
			at++
		}
	}
	if at < len(parts) {
		w.t.Errorf("%q is missing, or too early, in:\n%s", parts[at], strings.Join(sent, "\n"))
	}
}

func TestEnteringARoom(t *testing.T) {
	inRoom(t, func(w *world) {
		w.order(`from="#tea@aim.example.org/Hatter" & to="alice@example.org/laptop" & role="participant" & jid="hatter@aim.example.org"`,
			`from="#tea@aim.example.org/Alice" & code="110" & code="100" & id="enter"`,
			`type="groupchat" & from="#tea@aim.example.org" & <subject>Riddles</subject>`)
		w.says(`<message from='%s' to='%s' type='groupchat' id='g1'><body>Why is a raven like a writing-desk?</body></message>`, laptop, tea)
		w.after(0)
		w.hears(`type="groupchat" & id="g1" & from="#tea@aim.example.org/Alice" & raven`)
		w.server.SayIn("tea", "hatter", "I haven’t the slightest idea.")
		w.after(0)
		w.hears(`type="groupchat" & from="#tea@aim.example.org/Hatter" & slightest`)
		w.server.Account("dormouse", "pw")
		if err := w.server.Enter("tea", "dormouse", "Dormouse"); err != nil {
			t.Fatal(err)
		}
		w.after(0)
		w.hears(`from="#tea@aim.example.org/Dormouse" & to="alice@example.org/laptop"`)
		w.server.Topic("tea", "Treacle")
		w.server.Leave("tea", "dormouse", "")
		w.after(0)
		w.hears(`<subject>Treacle</subject>`, `from="#tea@aim.example.org/Dormouse" & type="unavailable" & role="none"`)
		w.says(`<presence type='unavailable' from='%s' to='%s/Alice'/>`, laptop, tea)
		w.after(0)
		w.hears(`from="#tea@aim.example.org/Alice" & type="unavailable" & code="110"`)
		if nicks := w.server.Occupants("tea"); len(nicks) != 1 {
			t.Errorf("still in the room: %v", nicks)
		}
	})
}

func TestRoomsThatCannotBeEntered(t *testing.T) {
	play(t, func(w *world) {
		w.enters(laptop, tea+"/Alice", byMUC)
		w.hears(`type="error" & id="enter" & <registration-required`)
		w.server.Account("hatter", "pw")
		w.server.Room("tea", "", "", "")
		w.server.Room("vault", "", "", "secret")
		if err := w.server.Enter("tea", "hatter", "Alice"); err != nil {
			t.Fatal(err)
		}
		w.online()
		w.enters(laptop, tea+"/Alice", byMUC)
		w.hears(`type="error" & from="#tea@aim.example.org/Alice" & <conflict`)
		w.enters(laptop, "#vault@aim.example.org/Alice", byMUC)
		w.hears(`type="error" & <not-authorized`)
		w.enters(laptop, "#vault@aim.example.org/Alice", "<x xmlns='http://jabber.org/protocol/muc'><password>secret</password></x>")
		w.hears(`from="#vault@aim.example.org/Alice" & code="110"`)
		w.enters(laptop, "#vault@aim.example.org", byMUC)
		w.hears(`type="error" & <jid-malformed`)
		w.gone(laptop)
		w.after(2 * time.Minute)
		w.link.take()
		w.enters(laptop, tea+"/Alice", byMUC)
		w.hears(`type="error" & <recipient-unavailable`)
	})
}

// A room that is not there yet is made; an old client enters without saying that it knows rooms.
func TestANewRoomByGroupchat(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.enters(laptop, `#my\20room@aim.example.org/Alice`, "")
		w.hears(`from="#my\20room@aim.example.org/Alice" & code="110"`)
		if nicks := w.server.Occupants("my room"); len(nicks) != 1 || nicks[0] != "Alice" {
			t.Errorf("in the room: %v", nicks)
		}
		w.asks("set", `#my\20room@aim.example.org`, "<query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'/></query>")
		w.hears(`type="result" & id="q"`)
	})
}

func TestASecondClientInTheRoom(t *testing.T) {
	inRoom(t, func(w *world) {
		w.available(phone, "")
		w.link.take()
		w.enters(phone, tea+"/Lizzie", byMUC)
		w.order(`from="#tea@aim.example.org/Hatter" & to="alice@example.org/phone"`,
			`from="#tea@aim.example.org/Alice" & to="alice@example.org/phone" & code="110" & code="210"`, `<subject>`)
		w.server.SayIn("tea", "hatter", "more tea?")
		w.after(0)
		w.hears(`to="alice@example.org/phone" & more tea`, `to="alice@example.org/laptop" & more tea`)
		w.gone(laptop)
		if nicks := w.server.Occupants("tea"); len(nicks) != 2 {
			t.Errorf("in the room: %v", nicks)
		}
		w.gone(phone)
		w.after(0)
		if nicks := w.server.Occupants("tea"); len(nicks) != 1 {
			t.Errorf("still in the room: %v", nicks)
		}
	})
}

func TestWhispersAndInvitations(t *testing.T) {
	inRoom(t, func(w *world) {
		w.link.take()
		w.says(`<message from='%s' to='%s/Hatter' type='chat' id='p1'><body>psst</body></message>`, laptop, tea)
		w.says(`<message from='%s' to='%s/Nobody' type='chat' id='p2'><body>psst</body></message>`, laptop, tea)
		w.after(0)
		w.hears(`id="p2" & <item-not-found`)
		if heard := w.server.Heard("hatter"); len(heard) != 1 || heard[0].Body.String() != "psst" {
			t.Errorf("the Hatter heard %v", heard)
		}
		invite := func(id, inner string) {
			w.says(`<message from='%s' to='%s' id='%s'><x xmlns='http://jabber.org/protocol/muc#user'>%s</x></message>`, laptop, tea, id, inner)
			w.after(0)
		}
		w.server.SetShow("echobot", transports.Online, "")
		invite("i1", "<invite to='echobot@aim.example.org'><reason>tea</reason></invite>")
		w.says(`<message from='%s' to='%s'><x xmlns='jabber:x:conference' jid='%s'/></message>`, laptop, echobot, tea)
		invite("i2", "<invite to='romeo@example.org'/>")
		invite("i3", "<invite to='nobody@aim.example.org'/>")
		w.hears(`id="i2" & <not-acceptable`, `id="i3" & <item-not-found`)
		invited := 0
		for _, ev := range w.server.Felt("echobot") {
			if i, ok := ev.(transports.Invited); ok && i.Room == "tea" {
				invited++
			}
		}
		if invited != 2 {
			t.Errorf("invited %d times", invited)
		}
		w.server.Invite("Croquet", "hatter", "aliceliddell", "bring a flamingo")
		w.after(0)
		w.hears(`<invite from="hatter@aim.example.org"><reason>bring a flamingo</reason></invite> & jid="#croquet@aim.example.org" & <body>`)
		w.says(`<message from='%s' to='#croquet@aim.example.org'><x xmlns='http://jabber.org/protocol/muc#user'><decline to='hatter@aim.example.org'/></x></message>`, laptop)
		w.enters(laptop, "#croquet@aim.example.org/Alice", byMUC)
		if nicks := w.server.Occupants("Croquet"); len(nicks) != 1 {
			t.Errorf("the room of the invitation has another name: %v", nicks)
		}
	})
}

func TestOutOfTheRoom(t *testing.T) {
	inRoom(t, func(w *world) {
		w.link.take()
		w.server.Leave("tea", "aliceliddell", "no room, no room")
		w.after(0)
		w.hears(`from="#tea@aim.example.org/Alice" & type="unavailable" & code="307" & no room, no room`)
		w.says(`<message from='%s' to='%s' type='groupchat' id='g2'><body>there is plenty</body></message>`, laptop, tea)
		w.hears(`id="g2" & <not-acceptable`)
		w.enters(laptop, tea+"/Alice", byMUC)
		w.link.take()
		w.server.End("aliceliddell", &transports.Failure{Kind: transports.Transient, Text: "down"})
		w.after(time.Second)
		w.hears(`from="#tea@aim.example.org/Alice" & type="unavailable" & code="307" & code="333"`)
		w.after(time.Minute)
		w.hears(`<invite from="aim.example.org"> & from="#tea@aim.example.org"`)
	})
}

// Out and in again at once: the network's answer to leaving comes when the room is being entered anew.
func TestOutAndInAgain(t *testing.T) {
	inRoom(t, func(w *world) {
		w.link.take()
		w.gives(`<presence type='unavailable' from='%s' to='%s/Alice'/>`, laptop, tea)
		w.gives(`<presence from='%s' to='%s/Alice' id='again'>%s</presence>`, laptop, tea, byMUC)
		w.after(time.Second)
		w.order(`from="#tea@aim.example.org/Alice" & type="unavailable" & code="110"`, `from="#tea@aim.example.org/Alice" & code="110" & id="again"`, `<subject>Riddles`)
		w.server.SayIn("tea", "hatter", "You are back.")
		w.after(0)
		w.hears(`type="groupchat" & You are back.`)
		w.gives(`<presence type='unavailable' from='%s' to='%s/Alice'/>`, laptop, tea)
		w.gives(`<presence from='%s' to='%s/Alice' id='third'>%s</presence>`, laptop, tea, byMUC) // and changes the mind
		w.gives(`<presence type='unavailable' from='%s' to='%s/Alice'/>`, laptop, tea)
		w.after(time.Second)
		if nicks := w.server.Occupants("tea"); len(nicks) != 1 {
			t.Errorf("still in the room: %v", nicks)
		}
		w.enters(laptop, tea+"/Alice", byMUC)
		w.after(time.Second)
		w.hears(`from="#tea@aim.example.org/Alice" & code="110" & id="enter"`)
		w.never("<invite")
	})
}

// Somebody is called otherwise from now on: the old seat is empty, the new one taken, also where it is the user's own
// (XEP-0045 §7.6). What no address can hold is in neither.
func TestNewNicknames(t *testing.T) {
	inRoom(t, func(w *world) {
		w.link.take()
		w.server.Tell("aliceliddell", transports.Occupant{Room: "tea", ID: "hatter", Nick: "Hat\x01ter II", Here: true})
		w.after(0)
		w.order(`from="#tea@aim.example.org/Hatter" & type="unavailable" & nick="Hatter II" & code="303"`,
			`from="#tea@aim.example.org/Hatter II" & to="alice@example.org/laptop" & role="participant"`)
		w.server.Tell("aliceliddell", transports.Occupant{Room: "tea", ID: "aliceliddell", Nick: "Alicia", Here: true})
		w.after(0)
		w.order(`from="#tea@aim.example.org/Alice" & type="unavailable" & nick="Alicia" & code="110" & code="303"`,
			`from="#tea@aim.example.org/Alicia" & to="alice@example.org/laptop" & jid="alice@example.org/laptop" & code="110"`)
		w.asks("get", tea+"/Alicia", "<ping xmlns='urn:xmpp:ping'/>")
		w.hears(`type="result"`)
	})
}

func TestQuestionsToARoom(t *testing.T) {
	inRoom(t, func(w *world) {
		w.link.take()
		for payload, want := range map[string]string{
			"<query xmlns='http://jabber.org/protocol/disco#info'/>":  `category="conference" & muc_nonanonymous & muc#roominfo_occupants & <value>2</value>`,
			"<query xmlns='http://jabber.org/protocol/disco#items'/>": `jid="#tea@aim.example.org/Hatter"`,
			"<query xmlns='jabber:iq:browse'/>":                       `<conference xmlns="jabber:iq:browse"`,
			"<query xmlns='http://jabber.org/protocol/muc#owner'/>":   `<forbidden`,
			"<query xmlns='http://jabber.org/protocol/muc#admin'/>":   `<forbidden`,
			"<query xmlns='jabber:iq:register'/>":                     `<service-unavailable`,
		} {
			w.asks("get", tea, payload)
			w.hears(want)
		}
		for seat, want := range map[string]string{
			tea + "/Alice": `type="result"`, tea + "/Hatter": `<service-unavailable`, tea + "/Nobody": `<item-not-found`, tea: `type="result"`,
			"#other@aim.example.org/Alice": `<not-acceptable`,
		} {
			w.asks("get", seat, "<ping xmlns='urn:xmpp:ping'/>")
			w.hears(want)
		}
		w.asks("get", domain, "<query xmlns='http://jabber.org/protocol/disco#items'/>")
		w.after(0)
		w.hears(`jid="#tea@aim.example.org" & name="The Mad Tea-Party"`)
		w.asks("get", domain, "<query xmlns='http://jabber.org/protocol/disco#info'/>")
		w.hears(`category="conference" & http://jabber.org/protocol/muc"`)
		w.says(`<message from='%s' to='%s' type='groupchat' id='s1'><subject>Tarts</subject></message>`, laptop, tea)
		w.hears(`id="s1" & <forbidden`)
		w.says(`<presence from='%s' to='%s/Lizzie'/>`, laptop, tea)
		w.hears(`type="error" & <not-acceptable`)
		w.says(`<message from='%s' to='%s' type='groupchat' id='e1'><encrypted xmlns='urn:xmpp:omemo:2'><payload/></encrypted></message>`, laptop, tea)
		w.hears(`id="e1" & <not-acceptable`)
	})
}

// What was said comes back in order with the ids that it had; what the network refuses comes back as an error.
func TestManyThingsSaid(t *testing.T) {
	inRoom(t, func(w *world) {
		w.link.take()
		for i := range 50 {
			text := fmt.Sprint("line ", i)
			if i%10 == 9 {
				text = strings.Repeat("x", 9000)
			}
			w.gives(`<message from='%s' to='%s' type='groupchat' id='m%d'><body>%s</body></message>`, laptop, tea, i, text)
		}
		w.after(time.Second)
		echoes, refused := 0, 0
		for _, s := range w.link.take() {
			for i := range 50 {
				switch {
				case anyHas([]string{s}, fmt.Sprintf(`type="groupchat" & id="m%d" & <body>line %d</body>`, i, i)):
					echoes++
				case anyHas([]string{s}, fmt.Sprintf(`type="error" & id="m%d" & <not-acceptable`, i)):
					refused++
				}
			}
		}
		if echoes != 45 || refused != 5 {
			t.Errorf("%d came back, %d were refused", echoes, refused)
		}
	})
}
