package msnp

import (
	"testing"
	"time"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// While the gateway is behind with what it is told, nobody listens to the server: that no answer to a ping is heard then
// does not end the session. Once it listens again, the server has as long as ever.
func TestAGatewayThatIsBehind(t *testing.T) {
	s := fuzzed(dialects()[0])
	defer s.alarm.Stop()
	now := time.Now()
	s.nextPing = now
	s.keepAlive(now)
	s.events = make([]transports.Event, maxHeld)
	for range 10 {
		now = now.Add(pongTimeout)
		s.keepAlive(now)
	}
	if s.fatal != nil {
		t.Fatal(s.fatal)
	}
	s.events = nil
	if next := s.keepAlive(now.Add(time.Second)); !next.Equal(now.Add(pongTimeout)) {
		t.Errorf("the answer is waited for until %v", next)
	}
	heard := *s
	heard.dispatch(wire.New("QNG", "50"))
	if heard.keepAlive(now.Add(2 * time.Second)); heard.fatal != nil || !heard.pongBy.IsZero() {
		t.Error("the answer is not heard")
	}
	if s.keepAlive(now.Add(pongTimeout)); s.fatal == nil {
		t.Error("a server that is heard to be silent goes on")
	}
}
