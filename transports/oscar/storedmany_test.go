package oscar

import (
	"testing"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// Of however many messages were stored none is left out, as the server forgets all of them at one word.
func TestManyStoredMessages(t *testing.T) {
	const many = 1200
	s, _ := fuzzed(true, fromBOS)
	s.announced, s.events = true, nil
	for range many {
		s.icqMessage(wire.ICQStored{From: 200001, Type: wire.ICQPlain, Text: []byte("x")})
	}
	s.stored.any = true
	s.icqReply(wire.SNAC{}, wire.ICQData{Type: wire.ICQOfflineEnd})
	if len(s.events) != many {
		t.Errorf("%d of %d were told", len(s.events), many)
	}
	for i, e := range s.events {
		if m, ok := e.(transports.Message); !ok || m.Seq != transports.Seq(i+1) || m.Body.String() != richtext.Plain("x").String() {
			t.Fatalf("%d: %+v", i, e)
		}
	}
	s.handedOver(transports.HandedOver{Seq: many - 1})
	if s.stored.gone {
		t.Error("forgotten before the last is with the user's server")
	}
	s.handedOver(transports.HandedOver{Seq: many})
	if !s.stored.gone {
		t.Error("never forgotten")
	}
}
