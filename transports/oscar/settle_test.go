package oscar

import (
	"context"
	"testing"

	"imgate/transports"
)

// What the server said before a sign-on failed is not told: no event but Progress comes before SignedOn.
func TestAFailedSignOnTellsNothing(t *testing.T) {
	sink := make(chan transports.Event, 8)
	s := &session{sink: sink, events: []transports.Event{transports.Presence{From: "bob"}}}
	s.settle(context.Background())
	if len(sink) != 0 {
		t.Errorf("told %T", <-sink)
	}
	s.announced = true
	s.settle(context.Background())
	if len(sink) != 1 {
		t.Errorf("%d events were told of a session that had begun", len(sink))
	}
}
