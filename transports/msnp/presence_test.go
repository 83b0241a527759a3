package msnp

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// Each of the nine states has a show, and each show a state; what a show cannot say is said in words, which lead back.
func TestStates(t *testing.T) {
	for state, want := range map[string]struct {
		show   transports.Show
		status string
	}{
		stateOnline: {transports.Online, ""}, stateBusy: {transports.DND, ""}, stateIdle: {transports.Away, ""},
		stateBack: {transports.Away, "Be right back"}, stateAway: {transports.Away, ""}, statePhone: {transports.DND, "On the phone"},
		stateLunch: {transports.Away, "Out to lunch"}, stateOffline: {transports.Offline, ""}, "XYZ": {transports.Online, ""},
	} {
		at := time.Now()
		p := shown{state: state, since: at}.presence("bob@lab.example")
		if p.Show != want.show || p.Status != want.status || p.IdleSince.IsZero() == (state == stateIdle) {
			t.Errorf("%s: %+v", state, p)
		}
		if state == stateOffline || state == "XYZ" {
			continue
		}
		if got := stateOf(transports.SetPresence{Show: p.Show, Status: p.Status, IdleSince: p.IdleSince}); got != state {
			t.Errorf("%s comes back as %s", state, got)
		}
	}
	for want, p := range map[string]transports.SetPresence{
		stateHidden: {Show: transports.Away, Status: "x", Invisible: true},
		stateAway:   {Show: transports.XA, Status: "x"},
		stateOnline: {Show: transports.Chat, Status: "Be right back"}, // who is free to chat is not away
		stateLunch:  {Show: transports.Away, Status: "out to LUNCH"},
	} {
		if got := stateOf(p); got != want {
			t.Errorf("%+v: %s, not %s", p, got, want)
		}
	}
}

// A style of the whole text goes and comes; what only some of it has goes without, and links in words.
func TestStyles(t *testing.T) {
	style := richtext.Style{Bold: true, Italic: true, Underline: true, Strike: true, Color: "#1020ff", Font: "Comic Sans MS"}
	payloads, texts, err := payloadsOf(richtext.Text{Runs: []richtext.Run{{Text: "hello ", Style: style}, {Text: "☃", Style: style}}})
	if err != nil || len(payloads) != 1 || texts[0] != "hello ☃" {
		t.Fatalf("%q %q %v", payloads, texts, err)
	}
	if want := "X-MMS-IM-Format: FN=Comic%20Sans%20MS; EF=BISU; CO=ff2010; CS=0; PF=22"; !strings.Contains(string(payloads[0]), want) {
		t.Errorf("%s, not %s", payloads[0], want)
	}
	back := bodyOf(wire.ParseMessage(payloads[0]))
	if len(back.Runs) != 1 || back.Runs[0].Style != style || back.String() != "hello ☃" {
		t.Errorf("came back as %+v", back)
	}
	plain := richtext.Style{}
	payloads, texts, _ = payloadsOf(richtext.Text{Runs: []richtext.Run{{Text: "see ", Style: plain}, {Text: "here", Style: richtext.Style{Bold: true, Link: "http://x.example/"}}}})
	if texts[0] != "see here <http://x.example/>" || !strings.Contains(string(payloads[0]), "EF=;") {
		t.Errorf("%q", payloads)
	}
}

// Long texts are cut between characters, no piece is too long, and but for white space at the cuts nothing is lost.
func TestSplit(t *testing.T) {
	for _, text := range []string{
		"", "a", strings.Repeat("a", 5000), strings.Repeat("☃", 3000), strings.Repeat("word ", 2000), strings.Repeat("a line\n", 1500),
		strings.Repeat("𝄞", 2500) + " " + strings.Repeat("x", 1700), strings.Repeat("\n", 4000),
	} {
		payloads, texts, err := payloadsOf(richtext.Plain(text))
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range payloads {
			if len(p) > maxBoardPayload || !utf8.ValidString(texts[i]) {
				t.Errorf("%.20q: a piece of %d bytes", text, len(p))
			}
		}
		bare := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if bare(strings.Join(texts, "")) != bare(text) {
			t.Errorf("%.20q: something is lost", text)
		}
	}
	if _, _, err := payloadsOf(richtext.Plain(strings.Repeat("a", maxText+1))); err == nil {
		t.Errorf("a text of %d bytes is taken", maxText+1)
	}
	font := richtext.Style{Font: strings.Repeat("Ä", 400)}
	if payloads, _, err := payloadsOf(richtext.Text{Runs: []richtext.Run{{Text: "x", Style: font}}}); err != nil || len(payloads) != 1 || len(payloads[0]) > maxBoardPayload {
		t.Errorf("%v, %d", err, len(payloads))
	}
}

// FuzzSplit is TestSplit of any text and any length.
func FuzzSplit(f *testing.F) {
	f.Add("one two\r\nthree ☃", 8)
	f.Fuzz(func(t *testing.T, text string, size int) {
		size = 8 + (size&0x7FFFFFFF)%2000
		if !utf8.ValidString(text) {
			t.Skip("texts are valid")
		}
		var whole string
		for _, part := range split(text, size) {
			if len(part) > size || !utf8.ValidString(part) {
				t.Fatalf("%q of %d", part, size)
			}
			whole += part
		}
		if bare := func(s string) string { return strings.NewReplacer(" ", "", "\r", "", "\n", "").Replace(s) }; bare(whole) != bare(text) {
			t.Fatalf("%q became %q", text, whole)
		}
	})
}

// The user's own name, states and words go out as each dialect has them, and no word of theirs breaks a line.
func TestOwnWords(t *testing.T) {
	for _, d := range dialects() {
		online(t, d.name, func(s *story) {
			said := map[string]string{}
			s.m.mu.Lock()
			s.m.says = func(_ bool, c wire.Command) (string, bool) {
				said[c.Name] = strings.Join(c.Args[min(1, len(c.Args)):], " ") + string(c.Payload)
				return "", false
			}
			s.m.mu.Unlock()
			s.does(`nick "Alice\r\nOUT ☃"`)
			s.until("done 1 accepted")
			s.does(`presence dnd "On the phone"`)
			s.until("done 2 accepted")
			s.does(`presence away "a <b>\n☃"`)
			s.until("done 3 accepted")
			s.rest(time.Second)
			s.m.mu.Lock()
			defer s.m.mu.Unlock()
			nick := map[bool]string{true: said["PRP"], false: said["REA"]}[d.guids]
			if !strings.HasSuffix(nick, "Alice%0D%0AOUT%20%E2%98%83") {
				s.t.Errorf("%s: name %q", d.name, nick)
			}
			if want := fmt.Sprintf("AWY %d", capabilities); said["CHG"] != want {
				s.t.Errorf("%s: state %q, not %q", d.name, said["CHG"], want)
			}
			if got := said["UUX"]; d.psm != (got != "") || d.psm && !strings.Contains(got, "a &lt;b&gt;&#xA;☃") {
				s.t.Errorf("%s: personal message %q", d.name, got)
			}
		})
	}
}
