package oscar

import (
	"errors"
	"testing"

	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

// Who is given contacts finds them on the list, and sees every fourth of them there.
func TestAcquaint(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, s *Server) {
		if _, _, err := s.AIM().Add("crowd", world.Password, 3); err != nil {
			t.Fatal(err)
		}
		if err := s.AIM().Acquaint("crowd", 3, 9); err != nil {
			t.Fatal(err)
		}
		if err := s.AIM().Acquaint("nobodyhere", 1, 9); !errors.Is(err, world.ErrUnknown) {
			t.Errorf("nobody's contacts: %v", err)
		}
		c := board(t, s, "crowd2", 3)
		c.say(wire.FeedbagQuery, nil)
		list, err := wire.Decode[wire.Feedbag](c.only(wire.FeedbagReply).Body)
		if err != nil || len(list.Items) != 2+9 {
			t.Fatalf("%d items, %v", len(list.Items), err)
		}
		c.say(wire.FeedbagUse, nil)
		c.say(wire.ClientReady, nil)
		here := 0
		for _, q := range c.snacs() {
			if q.Kind == wire.BuddyArrived {
				here++
			}
		}
		if here != 3 {
			t.Errorf("%d are here, of friend1 to friend9", here)
		}
	})
}
