package oscar

import (
	"bytes"
	"cmp"
	"net"
	"time"

	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

// icbmParams answers SNAC 04/04.
func (x *session) icbmParams(q wire.SNAC) error {
	x.reply(q, wire.ICBMParamReply, wire.ICBMParams{
		Channel: 100, Flags: 3, MaxLength: 512, MaxSender: 999, MaxReceiver: 999,
	})
	return nil
}

// icbm takes SNAC 04/06: passes it on, keeps it, or refuses it.
func (x *session) icbm(q wire.SNAC) error {
	m, err := wire.Decode[wire.Outgoing](q.Body)
	if err != nil {
		return err
	}
	if x.swallows() {
		return nil
	}
	to := x.s.accounts[canonical(m.To)]
	x.s.answered(x.a, to, m)
	switch {
	case to == nil || to.denies(x.a.id):
		x.refuse(q, wire.CodeNotLoggedOn)
		return nil
	case x.a.denies(to.id):
		x.refuse(q, wire.CodeInLocalDeny)
		return nil
	case len(to.here()) > 0:
		to.hasHeard(x.a)
		x.s.deliver(x.a, to, x.located(m))
	case m.TLVs.Has(wire.MessageStore):
		to.keep(x.a, m)
	default:
		x.refuse(q, wire.CodeNotLoggedOn)
		return nil
	}
	if m.TLVs.Has(wire.MessageAck) {
		x.reply(q, wire.ICBMAck, wire.HostAck{Cookie: m.Cookie, Channel: m.Channel, To: m.To})
	}
	return nil
}

// hasHeard notes that from has written to a, who may warn it from then on.
func (a *account) hasHeard(from *account) {
	if from.wroteTo == nil {
		from.wroteTo = map[string]bool{}
	}
	from.wroteTo[a.id] = true
}

// located writes the address that the server sees into what proposes to meet at one, and once more beside it.
func (x *session) located(m wire.Outgoing) wire.Outgoing {
	value, _ := m.TLVs.Get(wire.MessageData)
	meet, err := wire.Decode[wire.Rendezvous](value)
	if m.Channel != wire.ChannelRendezvous || err != nil || meet.Type != wire.RendezvousPropose || !meet.TLVs.Has(wire.RendezvousClient) {
		return m
	}
	seen := net.ParseIP(host(x.l.Conn)).To4()
	if seen == nil {
		seen = net.IPv4(127, 0, 0, 1).To4() // a pipe
	}
	meet.TLVs = append(meet.TLVs.With(wire.Bytes(wire.RendezvousClient, seen)), wire.Bytes(wire.RendezvousVerified, seen))
	data, err := wire.Encode(meet)
	if err != nil {
		return m
	}
	m.TLVs = m.TLVs.With(wire.Bytes(wire.MessageData, data))
	return m
}

// swallows reports whether the fault rate_limit takes this message.
func (x *session) swallows() bool {
	return x.s.faults.Take(world.RateLimit, x.a.id, everybody(x.a.network))
}

// deliver brings m to all sessions of to, without what was meant for the server.
func (s *Server) deliver(from, to *account, m wire.Outgoing) {
	in := wire.Incoming{
		Cookie: m.Cookie, Channel: m.Channel, From: from.user(s.now()),
		TLVs: m.TLVs.Without(wire.MessageAck).Without(wire.MessageStore),
	}
	for _, y := range to.here() {
		y.push(wire.ICBMReceive, in)
	}
	if to.bot != nil {
		to.bot.heard(s, to, from, m)
	}
}

// A stored message waits for its receiver.
type stored struct {
	from  *account
	m     wire.Outgoing
	at    time.Time
	asked *wire.AuthAsk // it is no message, but a request of authorisation
}

// maxStored is how many messages wait for one receiver; the oldest give way.
const maxStored = 200

// keep stores m for a.
func (a *account) keep(from *account, m wire.Outgoing) {
	m.TLVs = m.TLVs.Without(0xFFFF) // a copy
	for i := range m.TLVs {
		m.TLVs[i].Value = bytes.Clone(m.TLVs[i].Value)
	}
	a.offline = append(a.offline, stored{from: from, m: m, at: time.Now()})
	a.bound()
}

// keepRequest stores a request of authorisation.
func (a *account) keepRequest(from *account, ask wire.AuthAsk) {
	a.offline = append(a.offline, stored{from: from, at: time.Now(), asked: &ask})
	a.bound()
}

func (a *account) bound() {
	if len(a.offline) > maxStored {
		a.offline = a.offline[1:]
	}
}

// system is whom the real server's note about stored messages comes from; clients do well to hide it.
const system = "OOS System Msg"

// note is what it says.
const note = "You received messages while you were offline."

// tellStored sends the real server's note when messages are waiting.
func (x *session) tellStored() {
	n := len(x.a.offline)
	if n == 0 || x.a.network == icq {
		return
	}
	text, err := wire.MessageOf(wire.Text{Data: []byte(cmp.Or(x.s.o.Note, note))})
	if err == nil {
		x.push(wire.ICBMReceive, wire.Incoming{Channel: wire.ChannelText, From: wire.User{Name: system}, TLVs: wire.TLVs{text}})
	}
}

// offlineGet answers SNAC 04/10: the stored messages, once, with the time of each, and the end (04/17).
func (x *session) offlineGet(q wire.SNAC) error {
	for _, o := range x.a.offline {
		x.push(wire.ICBMReceive, wire.Incoming{
			Cookie: o.m.Cookie, Channel: o.m.Channel, From: wire.User{Name: o.from.name},
			TLVs: append(o.m.TLVs, wire.Uint32(wire.MessageSent, uint32(o.at.Unix()))),
		})
	}
	x.a.offline = nil
	x.reply(q, wire.ICBMOfflineDone, nil)
	return nil
}

// typing takes SNAC 04/14 and passes it on, under the sender's request number, as seen.
func (x *session) typing(q wire.SNAC) error {
	t, err := wire.Decode[wire.TypingNote](q.Body)
	if err != nil {
		return err
	}
	to := x.s.accounts[canonical(t.Name)]
	if to == nil || to.denies(x.a.id) {
		return nil
	}
	t.Name = x.a.name
	for _, y := range to.here() {
		y.say(wire.ICBMTyping, q.Request, t)
	}
	return nil
}
