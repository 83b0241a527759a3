package oscar

import (
	"errors"
	"testing"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// A service that greets and then says no more is given up, and what waited for it is answered; the session goes on.
func TestAServiceThatFallsSilent(t *testing.T) {
	s, svc := fuzzed(false, fromIcons)
	svc.stage = serviceOpening
	s.open[50] = struct{}{}
	svc.todo = []call{{request{kind: wire.IconQuery, reply: wire.IconAnswer, finish: func(s *session, _ wire.SNAC, err error) {
		s.done(50, transports.Accepted, err)
	}}, nil}}
	now := time.Now()
	s.agreeAt(svc)
	for range 10 {
		if r, ok, _ := svc.lanes.next(now); ok {
			svc.begun(r, now)
		}
	}
	svc.expire(s, now.Add(2*answerTimeout))
	if svc.stage != serviceClosed {
		t.Error("the service is still waited for")
	}
	d, _ := s.events[len(s.events)-1].(transports.Done)
	if d.Tag != 50 || !errors.Is(d.Err, transports.ErrNoAnswer) {
		t.Errorf("done with %+v", d)
	}
}

// From a room that is as full as can be told, people can leave.
func TestAFullRoomEmpties(t *testing.T) {
	s, svc := fuzzed(false, fromRoom)
	r := svc.room
	r.here = nil
	for range maxHere {
		r.here = append(r.here, occupant{id: "madhatter"})
	}
	before := len(s.events)
	s.roomMoved(r, wire.Users{{Name: "Mad Hatter"}}, false)
	if len(r.here) != maxHere-1 || len(s.events) != before+1 {
		t.Errorf("%d are there, %d were told", len(r.here), len(s.events)-before)
	}
}
