package oscar

import (
	"strings"
	"testing"

	"imgate/transports/oscar/wire"
)

// TestSignOn: the whole of it, in the real server's order.
func TestSignOn(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		c := board(t, s, "alicewonder", 3)
		for _, step := range []struct {
			kind wire.Kind
			body wire.Body
			want string
		}{
			{wire.ClientVersions, wire.Versions{{Family: 1, Version: 4}}, "01/18 01/13"},
			{wire.RateQuery, nil, "01/07"},
			{wire.RateAck, wire.Words{1, 2, 3, 4, 5}, ""},
			{wire.SelfQuery, nil, "01/0F"},
			{wire.LocateRightsQuery, nil, "02/03"},
			{wire.BuddyRightsQuery, nil, "03/03"},
			{wire.ICBMParamQuery, nil, "04/05"},
			{wire.PrivacyRightsQuery, nil, "09/03"},
			{wire.FeedbagRightsQuery, nil, "13/03"},
			{wire.FeedbagQuery, nil, "13/06"},
			{wire.FeedbagUse, nil, ""},
			{wire.ICBMSetParams, wire.ICBMParams{}, ""},
			{wire.SetInfo, wire.TLVs{wire.Bytes(wire.InfoCaps, make([]byte, 16))}, ""},
			{wire.SetStatus, wire.TLVs{wire.Uint32(wire.UserStatus, 0)}, "01/0F"},
			{wire.ClientReady, nil, "0B/02 03/0B 03/0B 03/0B"},
			{wire.ServiceRequest, wire.ServiceWanted{Family: 0x77}, "01/01"},
			{wire.KindOf(1, 0x44), nil, "01/01"},
			{noop, nil, ""},
			{probe, nil, "end"},
		} {
			c.say(step.kind, step.body)
			if got := c.kinds(); got != step.want {
				t.Errorf("%v: got %q, want %q", step.kind, got, step.want)
			}
		}
	})
}

// TestSelfBlocks compares SNAC 01/0F with what the real server said (times and name apart).
func TestSelfBlocks(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		c := board(t, s, "alicewonder", 3)
		c.say(wire.SelfQuery, nil)
		users, err := wire.Decode[wire.Users](c.only(wire.SelfReply).Body)
		if err != nil || len(users) != 2 {
			t.Fatalf("%v %v", users, err)
		}
		want := [][]uint16{{3, 1, 6, 0x1E, 5, 3, 0x0F, 0x14}, {3, 1, 6, 0x0D, 0x1E, 0x28}}
		for i, u := range users {
			for j, tlv := range u.TLVs {
				if j >= len(want[i]) || tlv.Tag != want[i][j] {
					t.Errorf("block %d: %v", i+1, u.TLVs)
					break
				}
			}
		}
		if class, _ := users[0].TLVs.Number(wire.UserClass); class != 0x11 {
			t.Errorf("class %#x", class)
		}
	})
}

// friends signs two accounts on, of which the first has the second on its list.
func friends(t *testing.T, s *Server) (alice, bob *client) {
	alice, bob = signOn(t, s, "alicewonder", 3), signOn(t, s, "bobwonder", 3)
	alice.say(wire.FeedbagInsert, wire.Items{{Name: "Bob Wonder", Group: 1, ID: 50}})
	if got := alice.kinds(); !strings.HasSuffix(got, "13/0E 03/0B") {
		t.Fatal(got)
	}
	bob.heard()
	return alice, bob
}

func arrived(t *testing.T, c *client) wire.User {
	t.Helper()
	users, err := wire.Decode[wire.Users](c.only(wire.BuddyArrived).Body)
	if err != nil || len(users) != 1 {
		t.Fatalf("%v %v", users, err)
	}
	return users[0]
}

func TestPresence(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		alice, bob := friends(t, s)

		bob.say(wire.SetInfo, wire.TLVs{wire.String(wire.InfoAwayType, "x"), wire.String(wire.InfoAway, "gone fishing")})
		if class, _ := arrived(t, alice).TLVs.Number(wire.UserClass); class&uint32(wire.ClassAway) == 0 {
			t.Errorf("away: class %#x", class)
		}
		alice.say(wire.InfoQuery2, wire.InfoWanted2{What: wire.WantAway, Name: "bobwonder"})
		info, _ := wire.Decode[wire.Info](alice.only(wire.InfoReply).Body)
		if info.TLVs.String(wire.InfoAway) != "gone fishing" || info.TLVs.String(wire.InfoAwayType) != asciiType {
			t.Errorf("away text %v", info.TLVs)
		}
		bob.say(wire.SetInfo, wire.TLVs{wire.String(wire.InfoAway, "")})
		if class, _ := arrived(t, alice).TLVs.Number(wire.UserClass); class&uint32(wire.ClassAway) != 0 {
			t.Errorf("back: class %#x", class)
		}
		bob.say(wire.SetIdle, wire.Idle{Seconds: 600})
		if idle, _ := arrived(t, alice).TLVs.Number(wire.UserIdle); idle != 10 {
			t.Errorf("idle %d", idle)
		}
		bob.say(wire.SetIdle, wire.Idle{})
		if arrived(t, alice).TLVs.Has(wire.UserIdle) {
			t.Error("still idle")
		}
		bob.say(wire.SetStatus, wire.TLVs{wire.Uint32(wire.UserStatus, wire.StatusInvisible)})
		if got := alice.kinds(); got != "03/0C" {
			t.Errorf("invisible: %s", got)
		}
		bob.say(wire.SetStatus, wire.TLVs{wire.Uint32(wire.UserStatus, wire.StatusDND)})
		if u := arrived(t, alice); u.TLVs[2].Value[3] != 2 {
			t.Errorf("status %v", u)
		}
		bob.conn.Close()
		if got := alice.kinds(); got != "03/0C" {
			t.Errorf("gone: %s", got)
		}
		alice.say(wire.InfoQuery, wire.InfoWanted{What: 1, Name: "bobwonder"})
		if got := alice.kinds(); got != "02/01" {
			t.Errorf("info of somebody who is not there: %s", got)
		}
	})
}

func TestClientSideList(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		alice := signOn(t, s, "alicewonder", 3)
		alice.heard()
		alice.say(wire.BuddyAdd, wire.Names{"bobwonder", "200001"})
		if got := alice.kinds(); got != "03/0A" {
			t.Errorf("add: %s", got)
		}
		bob := signOn(t, s, "bobwonder", 3)
		if got := alice.kinds(); got != "03/0B" {
			t.Errorf("bob comes: %s", got)
		}
		alice.say(wire.BuddyRemove, wire.Names{"bobwonder"})
		bob.conn.Close()
		if got := alice.kinds(); got != "" {
			t.Errorf("bob goes: %s", got)
		}
		alice.conn.Close()
		alice.ended()
		s.mu.Lock()
		defer s.mu.Unlock()
		if n := len(s.watchers["bobwonder"]); n != 0 {
			t.Errorf("%d watchers left", n)
		}
	})
}

func TestFeedbag(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		c := signOn(t, s, "bobwonder", 3)
		c.heard()
		status := func() string {
			q := c.only(wire.FeedbagStatus)
			return string(q.Body)
		}
		c.say(wire.FeedbagInsert, wire.Items{{Name: "Friends", Group: 9, Class: wire.GroupItem}, {Name: "nobodyhere", Group: 9, ID: 4}})
		if got := status(); got != "\x00\x00\x00\x00" {
			t.Errorf("insert: %X", got)
		}
		c.say(wire.FeedbagUpdate, wire.Items{{Name: "nobodyhere", Group: 9, ID: 4, TLVs: wire.TLVs{wire.String(wire.ItemAlias, "Nobody")}}})
		if got := status(); got != "\x00\x00" {
			t.Errorf("update: %X", got)
		}
		c.say(wire.FeedbagQuery, nil)
		list, err := wire.Decode[wire.Feedbag](c.only(wire.FeedbagReply).Body)
		if err != nil || len(list.Items) != 2+len(bots)+2 || list.Items[7].TLVs.String(wire.ItemAlias) != "Nobody" {
			t.Errorf("list %+v (%v)", list, err)
		}
		c.say(wire.FeedbagQueryNewer, wire.FeedbagVersion{Changed: list.Changed, Count: uint16(len(list.Items))})
		if got := c.kinds(); got != "13/0F" {
			t.Errorf("not newer: %s", got)
		}
		c.say(wire.FeedbagDelete, wire.Items{{Group: 9, ID: 4}, {Group: 77, ID: 77}})
		if got := status(); got != "\x00\x00\x00\x00" {
			t.Errorf("delete: %X", got)
		}
		c.say(wire.FeedbagQueryNewer, wire.FeedbagVersion{Changed: 1, Count: 1})
		if got := c.kinds(); got != "13/06" {
			t.Errorf("newer: %s", got)
		}
	})
}

// TestLongList comes in parts, of which all but the last say that more follows.
func TestLongList(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		c := signOn(t, s, "bobwonder", 3)
		c.heard()
		s.mu.Lock()
		for i := range uint16(1000) {
			s.accounts["bobwonder"].list = append(s.accounts["bobwonder"].list, wire.Item{Name: strings.Repeat("x", 90), Group: 2, ID: i})
		}
		s.mu.Unlock()
		c.say(wire.FeedbagQuery, nil)
		total, last := 0, uint16(0)
		for _, q := range c.snacs() {
			f, err := wire.Decode[wire.Feedbag](q.Body)
			if err != nil {
				t.Fatal(err)
			}
			total, last = total+len(f.Items), q.Flags
		}
		if total != 1006 || last&wire.FlagMore != 0 {
			t.Errorf("%d items, last flags %#x", total, last)
		}
	})
}

func TestPrivacy(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		alice, bob := friends(t, s)
		deny := wire.Items{{Name: "alicewonder", Group: 0, ID: 90, Class: wire.DenyItem}}
		bob.say(wire.FeedbagInsert, deny)
		if got := alice.kinds(); got != "03/0C" {
			t.Errorf("denied: %s", got)
		}
		alice.say(wire.ICBMSend, message("bobwonder", "hi"))
		if got := alice.only(wire.ICBMError).Body; string(got) != "\x00\x04" {
			t.Errorf("message to one who denies us: %X", got)
		}
		bob.heard()
		bob.say(wire.ICBMSend, message("alicewonder", "hi"))
		if got := bob.only(wire.ICBMError).Body; string(got) != "\x00\x10" {
			t.Errorf("message to one we deny: %X", got)
		}
		bob.say(wire.FeedbagDelete, deny)
		if got := alice.kinds(); got != "03/0B" {
			t.Errorf("allowed again: %s", got)
		}
		mode := func(m uint8) wire.Items {
			return wire.Items{{Group: 0, ID: 91, Class: wire.PrivacyItem, TLVs: wire.TLVs{wire.Uint8(wire.ItemPrivacy, m)}}}
		}
		for _, step := range []struct {
			mode uint8
			want string
		}{{privacyNone, "03/0C"}, {privacyAll, "03/0B"}, {privacyPermitted, "03/0C"}, {privacyDenied, "03/0B"}, {privacyList, "03/0C"}} {
			bob.say(wire.FeedbagUpdate, mode(step.mode))
			if got := alice.kinds(); got != step.want {
				t.Errorf("mode %d: %q, want %q", step.mode, got, step.want)
			}
		}
	})
}

// TestAuthorization between UINs, and from AIM.
func TestAuthorization(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		one, two := signOn(t, s, "100001", 3), signOn(t, s, "100002", 3)
		one.heard()
		two.heard()
		item := wire.Item{Name: "100002", Group: 1, ID: 60}
		one.say(wire.FeedbagInsert, wire.Items{item})
		if got := string(one.only(wire.FeedbagStatus).Body); got != "\x00\x0E" {
			t.Errorf("add: %X", got)
		}
		item.TLVs = wire.TLVs{wire.Flag(wire.ItemPending)}
		one.say(wire.FeedbagInsert, wire.Items{item})
		if got := one.kinds(); got != "13/0E" {
			t.Errorf("add pending: %s", got)
		}
		one.say(wire.FeedbagAuthAsk, wire.AuthAsk{Name: "100002", Reason: "please"})
		ask, _ := wire.Decode[wire.AuthAsk](two.only(wire.FeedbagAuthAsked).Body)
		if ask.Name != "100001" || ask.Reason != "please" {
			t.Errorf("asked %+v", ask)
		}
		two.say(wire.FeedbagAuthReply, wire.AuthReply{Name: "100001", Granted: true})
		if got := one.kinds(); got != "13/09 13/1B 03/0B" {
			t.Errorf("granted: %s", got)
		}
		if got := two.kinds(); got != "13/1C" {
			t.Errorf("added: %s", got)
		}
		alice := signOn(t, s, "alicewonder", 3)
		alice.heard()
		alice.say(wire.FeedbagInsert, wire.Items{{Name: "100002", Group: 1, ID: 60}})
		if got := string(alice.only(wire.FeedbagStatus).Body); got != "\x00\x00" {
			t.Errorf("AIM adds a UIN: %X", got)
		}
		if got := two.kinds(); got != "13/19" {
			t.Errorf("AIM adds a UIN: %s", got)
		}
	})
}

// TestOtherSession: what one session changes on the list, the other hears.
func TestOtherSession(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		a, b := signOn(t, s, "alicewonder", 1), signOn(t, s, "alicewonder", 1)
		a.heard()
		b.heard()
		a.say(wire.FeedbagInsert, wire.Items{{Name: "nobodyhere", Group: 1, ID: 70}})
		if got := b.kinds(); got != "13/08" {
			t.Error(got)
		}
	})
}

// message is a message of ASCII text.
func message(to, text string, more ...wire.TLV) wire.Outgoing {
	tlv, err := wire.MessageOf(wire.Text{Data: []byte(text)})
	if err != nil {
		panic(err)
	}
	return wire.Outgoing{Cookie: wire.Cookie{1, 2, 3}, Channel: wire.ChannelText, To: to, TLVs: append(wire.TLVs{tlv}, more...)}
}
