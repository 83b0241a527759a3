package oscar_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"imgate/transports/oscar/wire"
	"imgate/transports/transporttest"
)

// scribe writes OSCAR down: a line for each frame, and captures where the next time brings other bytes.
type scribe struct {
	values map[string][]string // the values so far, by what they are
	rated  int                 // answers about rates so far: each connection has its own
}

const (
	flapHeader = 6
	flapMark   = '*'
	oftMark    = "OFT2"
)

// splitOFT is Split for a connection on which a file comes: a header, or what there is of the file.
func splitOFT(b []byte) int {
	if len(b) < len(oftMark) && bytes.HasPrefix([]byte(oftMark), b) {
		return 0
	}
	if !bytes.HasPrefix(b, []byte(oftMark)) {
		return len(b)
	}
	if len(b) < flapHeader || len(b) < int(binary.BigEndian.Uint16(b[4:])) {
		return 0
	}
	return int(binary.BigEndian.Uint16(b[4:]))
}

// spellOFT is Spell for such a connection.
func spellOFT(b []byte) ([]transporttest.Part, string) {
	if !bytes.HasPrefix(b, []byte(oftMark)) {
		return literal(b), "the file"
	}
	const fixed, id, name = 68, 100, 192 // up to the numbers, the client's name, the rest
	return literal(b[:4], b[4:6], b[6:8], b[8:16], b[16:28], b[28:fixed], b[fixed:id], b[id:name], b[name:]), "OFT " + fmt.Sprintf("%04X", b[6:8])
}

// Split implements transporttest.Scribe.
func (*scribe) Split(_ transporttest.Side, b []byte) int {
	if len(b) > 0 && b[0] != flapMark {
		return splitOFT(b)
	}
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
	if frame[0] != flapMark {
		return spellOFT(frame)
	}
	q, ok := snacOf(frame)
	if !ok {
		parts := literal(frame[:2], frame[2:4], frame[4:6])
		return append(parts, split(frame[flapHeader:], shown(frame))...), channels[wire.Channel(frame[1])]
	}
	const head = flapHeader + 10
	parts := literal(frame[:2], frame[2:4], frame[4:6], frame[6:10], frame[10:12], frame[12:head])
	return append(parts, split(frame[head:], s.captures(from, q))...), "SNAC " + q.Kind.String()
}

// shown are what a login by FLAP shows outside of SNACs: the password, and the cookie.
func shown(frame []byte) []capture {
	switch wire.Channel(frame[1]) {
	case wire.SignOn:
		hello, _ := wire.Decode[wire.Hello](frame[flapHeader:])
		if roasted, ok := hello.TLVs.Get(wire.TagRoasted); ok {
			return []capture{{name: "roasted", value: roasted, head: headOf(wire.TagRoasted, roasted)}}
		}
	case wire.SignOff:
		if cookie, ok := tlvsOf(frame[flapHeader:]).Get(wire.TagCookie); ok {
			return []capture{{name: "cookie", value: cookie}}
		}
	}
	return nil
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

// A capture is a value in a SNAC's body, and its name.
type capture struct {
	name  string
	value []byte
	head  []byte // what stands before it, to find it by: the head of its TLV
	skip  int    // how many bytes after the capture before it to begin the search
}

// captures are the values in q that differ each time.
func (s *scribe) captures(from transporttest.Side, q wire.SNAC) []capture {
	if from == transporttest.Client {
		return s.said(q)
	}
	return s.heard(q)
}

// said are those of the client: hashes, and the cookies of messages.
func (s *scribe) said(q wire.SNAC) []capture {
	switch q.Kind {
	case wire.ICBMSend:
		if len(q.Body) >= len(wire.Cookie{}) {
			return s.rendezvous(s.name("said", q.Body[:len(wire.Cookie{})]), q.Body)
		}
	case wire.RoomSay:
		if len(q.Body) >= len(wire.Cookie{}) {
			return []capture{s.name("said", q.Body[:len(wire.Cookie{})])}
		}
	case wire.LoginRequest:
		if hash, ok := tlvsOf(q.Body).Get(wire.TagHash); ok {
			return []capture{{name: "hash", value: hash}}
		}
	}
	return nil
}

// heard are those of the server: keys, cookies, times and levels.
func (s *scribe) heard(q wire.SNAC) []capture {
	switch q.Kind {
	case wire.KeyReply:
		key, err := wire.Decode[wire.LoginKey](q.Body)
		if err == nil {
			return []capture{{name: "key", value: key.Key}}
		}
	case wire.ServiceReply:
		if cookie, ok := tlvsOf(q.Body).Get(wire.TagCookie); ok {
			return []capture{s.name("service-cookie", cookie)}
		}
	case wire.RoomEntered, wire.RoomGone:
		users, _ := wire.Decode[wire.Users](q.Body)
		return s.times(users...)
	case wire.RoomUpdate:
		if info, err := wire.Decode[wire.RoomInfo](q.Body); err == nil {
			return s.roomTime(info)
		}
	case wire.NavReply:
		value, _ := tlvsOf(q.Body).Get(wire.NavRoom)
		if info, err := wire.Decode[wire.RoomInfo](value); err == nil {
			return s.roomTime(info)
		}
	case wire.RoomHear:
		return s.words(q.Body)
	case wire.LoginReply:
		if cookie, ok := tlvsOf(q.Body).Get(wire.TagCookie); ok {
			return []capture{{name: "cookie", value: cookie}}
		}
	case wire.MessageOfDay:
		if m, err := wire.Decode[wire.Motd](q.Body); err == nil {
			return []capture{s.name("welcome", []byte(m.TLVs.String(wire.MotdText)))}
		}
	case wire.ICQReply:
		if d, err := wire.Decode[wire.ICQData](q.Body); err == nil && d.Type == wire.ICQOffline && len(d.Data) > 10 {
			return []capture{s.name("waited-since", d.Data[4:10])} // year to minute
		}
	case wire.RateReply:
		return s.rates(q.Body)
	case wire.FeedbagReply:
		if f, err := wire.Decode[wire.Feedbag](q.Body); err == nil && f.Changed != 0 {
			c := s.name("changed", q.Body[len(q.Body)-4:])
			c.skip = len(q.Body) - 4
			return []capture{c}
		}
	case wire.SelfReply, wire.BuddyArrived:
		users, _ := wire.Decode[wire.Users](q.Body) // what cannot be read has no captures
		return s.times(users...)
	case wire.InfoReply:
		info, _ := wire.Decode[wire.Info](q.Body)
		return s.times(info.User)
	case wire.ICBMReceive:
		return s.message(q.Body)
	}
	return nil
}

func tlvsOf(b []byte) wire.TLVs {
	tlvs, _ := wire.Decode[wire.TLVs](b) // what cannot be read has no captures
	return tlvs
}

// name gives value the name of what it is, with a number when it is not the first value of that name.
func (s *scribe) name(what string, value []byte) capture {
	if s.values == nil {
		s.values = map[string][]string{}
	}
	n := slices.Index(s.values[what], string(value))
	if n < 0 {
		n = len(s.values[what])
		s.values[what] = append(s.values[what], string(value))
	}
	if n > 0 {
		what = fmt.Sprintf("%s-%d", what, n+1)
	}
	return capture{name: what, value: value}
}

// timeTags are the times in the block of a user.
var timeTags = map[uint16]string{
	wire.UserSignedOn: "signed-on", wire.UserMemberSince5: "signed-on", wire.UserOnlineFor: "online-for",
}

func (s *scribe) times(users ...wire.User) []capture {
	var out []capture
	for _, u := range users {
		for _, t := range u.TLVs {
			if what := timeTags[t.Tag]; what != "" {
				c := s.name(what+"-"+u.Name, t.Value)
				c.head = headOf(t.Tag, t.Value)
				out = append(out, c)
			}
		}
	}
	return out
}

func (s *scribe) message(body []byte) []capture {
	m, err := wire.Decode[wire.Incoming](body)
	if err != nil {
		return nil
	}
	out := append([]capture{s.name("heard", body[:len(m.Cookie)])}, s.times(m.From)...)
	out = append(out, s.rendezvous(capture{}, body)[1:]...)
	if sent, ok := m.TLVs.Get(wire.MessageSent); ok {
		c := s.name("sent", sent)
		c.head = headOf(wire.MessageSent, sent)
		out = append(out, c)
	}
	return out
}

// rendezvous adds the cookie of a rendezvous in a message, which is the message's own, to its first capture.
func (s *scribe) rendezvous(first capture, body []byte) []capture {
	out := []capture{first}
	m, err := wire.Decode[wire.Outgoing](body)
	if first.name == "" {
		var in wire.Incoming
		in, err = wire.Decode[wire.Incoming](body)
		m.Channel, m.Cookie, m.TLVs = in.Channel, in.Cookie, in.TLVs
	}
	value, _ := m.TLVs.Get(wire.MessageData)
	if _, bad := wire.Decode[wire.Rendezvous](value); err != nil || bad != nil || m.Channel != wire.ChannelRendezvous {
		return out
	}
	what := "said"
	if first.name == "" {
		what = "heard"
	}
	c := s.name(what, m.Cookie[:])
	c.head = value[:2]
	out = append(out, c)
	meet, _ := wire.Decode[wire.Rendezvous](value)
	for _, tag := range []uint16{wire.RendezvousClient, wire.RendezvousVerified} { // where the server saw the sender
		if address, ok := meet.TLVs.Get(tag); ok && first.name == "" {
			c := s.name("address", address)
			c.head = headOf(tag, address)
			out = append(out, c)
		}
	}
	return out
}

// roomTime is when a room was made.
func (s *scribe) roomTime(info wire.RoomInfo) []capture {
	const tagCreated = 0xCA
	made, ok := info.TLVs.Get(tagCreated)
	if !ok {
		return nil
	}
	c := s.name("made", made)
	c.head = headOf(tagCreated, made)
	return []capture{c}
}

// words are the cookie of what was said in a room, and the times of who said it.
func (s *scribe) words(body []byte) []capture {
	w, err := wire.Decode[wire.RoomWords](body)
	if err != nil {
		return nil
	}
	from, _ := w.TLVs.Get(wire.WordsFrom)
	user, _ := wire.Decode[wire.User](from)
	cookie := s.name("heard", w.Cookie[:])
	if slices.Contains(s.values["said"], string(w.Cookie[:])) {
		cookie = s.name("said", w.Cookie[:])
	}
	return append([]capture{cookie}, s.times(user)...)
}

// rates are the levels, which depend on the pace, and the groups, which the server tells in any order.
func (s *scribe) rates(body []byte) []capture {
	r, err := wire.Decode[wire.Rates](body)
	if err != nil || !r.Long {
		return nil
	}
	prefix := ""
	if s.rated++; s.rated > 1 {
		prefix = fmt.Sprintf("service-%d-", s.rated)
	}
	// A class is its ID, five figures, level, maximum, time since the last SNAC, and a byte.
	const first, before, between, rest = 2, 2 + 5*4, 4, 1
	skip := first + before
	var out []capture
	for i, c := range r.Classes {
		out = append(out, number(fmt.Sprintf("%slevel-%d", prefix, i+1), c.Level, skip), number(fmt.Sprintf("%ssince-%d", prefix, i+1), c.Elapsed, between))
		skip = rest + before
	}
	groups := body[first+len(r.Classes)*(before+4+between+4+rest):]
	return append(out, capture{name: prefix + "groups", value: groups, skip: rest})
}

func number(name string, v uint32, skip int) capture {
	return capture{name: name, value: binary.BigEndian.AppendUint32(nil, v), skip: skip}
}

// split cuts a SNAC's body at its captures, in their order.
func split(body []byte, captures []capture) []transporttest.Part {
	var parts []transporttest.Part
	done := 0 // bytes that are in parts
	for _, c := range captures {
		if len(c.value) == 0 || done+c.skip > len(body) {
			continue
		}
		i := bytes.Index(body[done+c.skip:], slices.Concat(c.head, c.value))
		if i < 0 {
			continue
		}
		at := done + c.skip + i + len(c.head)
		parts = append(parts, literal(body[done:at])...)
		parts = append(parts, transporttest.Part{Name: c.name, Bytes: c.value})
		done = at + len(c.value)
	}
	return append(parts, literal(body[done:])...)
}

// headOf is the head of a TLV.
func headOf(tag uint16, value []byte) []byte {
	b, _ := wire.Encode(wire.Words{tag, uint16(len(value))}) // words always fit
	return b
}
