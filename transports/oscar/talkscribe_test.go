package oscar_test

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"imgate/transports/oscar/wire"
	"imgate/transports/transporttest"
)

// scribe writes OSCAR down: a line for each frame, and captures where the next time brings other bytes.
type scribe struct {
	cookies int // messages' cookies so far
}

const flapHeader = 6

// Split implements transporttest.Scribe.
func (*scribe) Split(_ transporttest.Side, b []byte) int {
	if len(b) < flapHeader {
		return 0
	}
	n := flapHeader + int(binary.BigEndian.Uint16(b[4:]))
	if n > len(b) {
		return 0
	}
	return n
}

// snacOf reads the SNAC in a frame.
func snacOf(frame []byte) (wire.SNAC, bool) {
	if len(frame) < flapHeader || wire.Channel(frame[1]) != wire.Data {
		return wire.SNAC{}, false
	}
	q, err := wire.Decode[wire.SNAC](frame[flapHeader:])
	return q, err == nil
}

var channels = map[wire.Channel]string{
	wire.SignOn: "sign-on", wire.Failing: "error", wire.SignOff: "sign-off", wire.KeepAlive: "keep-alive",
}

// Spell implements transporttest.Scribe.
func (s *scribe) Spell(_ int, from transporttest.Side, frame []byte) ([]transporttest.Part, string) {
	q, ok := snacOf(frame)
	if !ok {
		return literal(frame[:2], frame[2:4], frame[4:6], frame[6:]), channels[wire.Channel(frame[1])]
	}
	const head = flapHeader + 10
	parts := literal(frame[:2], frame[2:4], frame[4:6], frame[6:10], frame[10:12], frame[12:head])
	return append(parts, split(frame[head:], s.captures(from, q))...), "SNAC " + q.Kind.String()
}

// literal gives the bytes as they are, in words.
func literal(words ...[]byte) []transporttest.Part {
	var parts []transporttest.Part
	for _, w := range words {
		if len(w) > 0 {
			parts = append(parts, transporttest.Part{Bytes: w})
		}
	}
	return parts
}

// A capture is a value in a frame, and its name.
type capture struct {
	name  string
	value []byte
}

// captures are the values in q that differ each time.
func (s *scribe) captures(from transporttest.Side, q wire.SNAC) []capture {
	if from == transporttest.Client && q.Kind == wire.ICBMSend && len(q.Body) >= 8 {
		s.cookies++
		return []capture{{fmt.Sprintf("message%d", s.cookies), q.Body[:8]}}
	}
	if q.Kind == wire.KeyReply {
		key, err := wire.Decode[wire.LoginKey](q.Body)
		if err != nil {
			return nil
		}
		return []capture{{"key", key.Key}}
	}
	tags := map[wire.Kind]map[uint16]string{
		wire.LoginRequest: {wire.TagHash: "hash"},
		wire.LoginReply:   {wire.TagCookie: "cookie"},
	}
	var out []capture
	tlvs, err := wire.Decode[wire.TLVs](q.Body)
	if err != nil {
		return nil
	}
	for _, t := range tlvs {
		if name := tags[q.Kind][t.Tag]; name != "" {
			out = append(out, capture{name, t.Value})
		}
	}
	return out
}

// split cuts a SNAC's body at its captures, in their order.
func split(body []byte, captures []capture) []transporttest.Part {
	var parts []transporttest.Part
	rest := body
	for _, c := range captures {
		i := bytes.Index(rest, c.value)
		if i < 0 || len(c.value) == 0 {
			continue
		}
		parts = append(parts, transporttest.Part{Bytes: rest[:i]}, transporttest.Part{Name: c.name, Bytes: c.value})
		rest = rest[i+len(c.value):]
	}
	if len(rest) > 0 {
		parts = append(parts, transporttest.Part{Bytes: rest})
	}
	return parts
}
