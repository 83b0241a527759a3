package gateway

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"imgate/richtext"
	"imgate/transports"
)

func (w *world) tells(n int) {
	w.server.Tell("aliceliddell", transports.Message{
		Seq: transports.Seq(n), From: "echobot", Body: richtext.Plain(fmt.Sprintf("number %d.", n)),
	})
}

func TestHandedOverIsSaidAfterProof(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.tells(1)
		w.tells(2)
		w.after(0)
		w.hears("number 1.", "number 2.")
		if got := w.server.HandedOver("aliceliddell"); got != 0 {
			t.Errorf("%d handed over without proof", got)
		}
		before := w.link.pings()
		w.after(proveAfter)
		if got := w.server.HandedOver("aliceliddell"); got != 2 || w.link.pings() != before+1 {
			t.Errorf("%d handed over with %d pings", got, w.link.pings()-before)
		}
	})
}

func TestWhatALostLinkMayNotHaveCarriedIsSentAgain(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.tells(1)
		w.after(time.Second)
		w.link.take()
		w.link.set(false, true)
		w.tells(2)
		w.tells(3)
		w.after(time.Second)
		w.link.set(true, false)
		w.g.LinkDown(domain)
		w.tells(4)
		w.after(time.Second)
		w.link.set(false, false)
		w.g.LinkUp(domain)
		w.after(time.Second)
		all := strings.Join(w.link.peek(), "\n")
		at := -1
		for n := 2; n <= 4; n++ {
			text := fmt.Sprintf("number %d.", n)
			i := strings.Index(all, text)
			if strings.Count(all, text) != 1 || i < at {
				t.Errorf("%q comes %d times, at %d after %d", text, strings.Count(all, text), i, at)
			}
			at = i
		}
		w.never("number 1.")
		if got := w.server.HandedOver("aliceliddell"); got != 4 {
			t.Errorf("%d handed over", got)
		}
	})
}

// Two hundred messages each way while the link comes and goes: in order, none lost. What was under way when the
// link went may come twice.
func TestTwoHundredMessagesInOrder(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		for i := range 200 {
			w.says(`<message type='chat' id='o%d' from='%s' to='echobot@%s'><body>out %d.</body></message>`, i, laptop, domain, i)
			if i%60 == 30 {
				w.link.set(true, false)
				w.g.LinkDown(domain)
				w.after(5 * time.Second)
				w.link.set(false, false)
				w.g.LinkUp(domain)
				w.available(laptop, "")
			}
			w.after(500 * time.Millisecond)
		}
		w.after(time.Second)
		heard := w.server.Heard("echobot")
		if len(heard) != 200 {
			t.Fatalf("%d arrived", len(heard))
		}
		for i, m := range heard {
			if m.Body.String() != fmt.Sprintf("out %d.", i) {
				t.Fatalf("number %d is %q", i, m.Body)
			}
		}
		all, at := strings.Join(w.link.peek(), "\n"), -1
		for i := range 200 {
			text := fmt.Sprintf("<body>out %d.</body>", i)
			j := strings.Index(all, text)
			if j < at {
				t.Fatalf("echo %d is at %d, after %d", i, j, at)
			}
			at = j
		}
	})
}

// A link that was full for a while, and never went down, gets what was held meanwhile.
func TestHeldMessagesGoWhenThereIsRoomAgain(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.link.set(true, false) // and nobody says that it is down
		w.tells(1)
		w.after(5 * time.Second)
		w.never("number 1.")
		w.link.set(false, false)
		w.after(2 * time.Second)
		w.hears("number 1.")
	})
}

// What a link had no room for, and never went down, is told again: who came, who left, and where the account stands.
func TestPresenceIsToldAgainWhenThereIsRoom(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		w.together()
		w.server.SetShow("echobot", transports.Online, "")
		w.after(time.Second)
		w.hears(`<presence & from="echobot@aim.example.org/imgate"`)
		w.link.set(true, false) // and nobody says that it is down
		w.server.SetShow("echobot", transports.Offline, "")
		w.after(2 * tellAgainAfter)
		w.never("echobot@aim.example.org/imgate")
		w.link.set(false, false)
		w.after(tellAgainAfter)
		w.hears(`from="echobot@aim.example.org/imgate" & type="unavailable"`, `from="aim.example.org/imgate" & value="online"`, `type="probe"`)
		w.link.take()
		w.after(3 * tellAgainAfter)
		w.never("echobot@aim.example.org/imgate")
		w.never(`value="online"`)
	})
}

// After an outage of the user's server it is told when something was said, unless that was just now.
func TestWhatHasWaitedSaysSinceWhen(t *testing.T) {
	play(t, func(w *world) {
		w.online()
		for _, outage := range []time.Duration{late / 2, 10 * late} {
			w.link.take()
			w.link.set(true, false)
			w.g.LinkDown(domain)
			w.tells(1)
			said := time.Now().UTC().Format("2006-01-02T15:04:05Z")
			w.after(outage)
			w.link.set(false, false)
			w.g.LinkUp(domain)
			w.after(time.Second)
			sent := w.link.peek()
			i := slices.IndexFunc(sent, func(s string) bool { return strings.Contains(s, "number 1.") })
			if i < 0 {
				t.Fatalf("after %v nothing is said", outage)
			}
			if stamped := strings.Contains(sent[i], `stamp="`+said+`"`); stamped != (outage > late) {
				t.Errorf("after %v: %s", outage, sent[i])
			}
		}
	})
}
