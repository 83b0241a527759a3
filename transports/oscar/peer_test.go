package oscar

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync"
	"testing"

	"imgate/transports"
	"imgate/transports/oscar/wire"
	"imgate/transports/transporttest"
)

const (
	password   = "correct horse"
	loginHost  = "login.example:5190"
	bosAddress = "bos.example:5191"
)

// A peer is the smallest server that lets one account in: the login server and BOS. It answers by a table that
// a test may change, and notes what it hears.
type peer struct {
	t        testing.TB
	granted  wire.TLVs // the body of SNAC 17/03
	noBUCP   bool      // 17/06 is not known
	noKey    bool      // 17/03 comes instead of the key
	families wire.Words
	rates    wire.Rates
	list     []wire.Feedbag     // its parts
	silent   map[wire.Kind]bool // not to be changed while a session is on
	answers  map[wire.Kind]func(p *peer, q wire.SNAC) []wire.SNAC

	mu    sync.Mutex // guards what follows: the test and the peer's goroutines write to one connection
	bos   net.Conn
	seq   uint16
	conns []net.Conn
	dials []string
	heard chan wire.SNAC // on BOS, after SNAC 01/02
	beats chan struct{}  // keep-alives
	ready bool
	dies  chan struct{} // not nil: BOS says no more after what comes after SNAC 01/02, and closes this
}

func newPeer(t testing.TB) *peer {
	p := &peer{
		t: t,
		granted: wire.TLVs{wire.String(wire.TagName, "Alice Liddell"), wire.String(wire.TagServer, bosAddress),
			wire.Bytes(wire.TagCookie, bytes.Repeat([]byte{0xC0}, 256))},
		families: wire.Words{1, 2, 3, 4, 9, 0x13},
		rates:    todaysRates(),
		list:     []wire.Feedbag{{Items: aliceList()}},
		silent:   map[wire.Kind]bool{},
		heard:    make(chan wire.SNAC, 1000),
		beats:    make(chan struct{}, 10000),
	}
	p.answers = map[wire.Kind]func(*peer, wire.SNAC) []wire.SNAC{
		wire.ClientVersions:     reply(wire.HostVersions, wire.Versions{{Family: 1, Version: 4}}),
		wire.RateQuery:          func(p *peer, q wire.SNAC) []wire.SNAC { return reply(wire.RateReply, p.rates)(p, q) },
		wire.SelfQuery:          reply(wire.SelfReply, wire.Users{{Name: "Alice Liddell"}}),
		wire.LocateRightsQuery:  reply(wire.LocateRightsReply, wire.TLVs{wire.Uint16(1, 1000)}),
		wire.BuddyRightsQuery:   reply(wire.BuddyRightsReply, wire.TLVs{}),
		wire.ICBMParamQuery:     reply(wire.ICBMParamReply, wire.ICBMParams{}),
		wire.PrivacyRightsQuery: reply(wire.PrivacyRightsReply, wire.TLVs{}),
		wire.FeedbagRightsQuery: reply(wire.FeedbagRightsReply, wire.TLVs{}),
		wire.FeedbagQuery:       (*peer).parts,
		wire.FeedbagInsert:      (*peer).accepted,
		wire.FeedbagUpdate:      (*peer).accepted,
		wire.FeedbagDelete:      (*peer).accepted,
		wire.ICBMSend:           (*peer).ack,
	}
	return p
}

// todaysRates are the figures of the server in facts §7.
func todaysRates() wire.Rates {
	return wire.Rates{Long: true, Classes: []wire.RateClass{
		{ID: 1, Window: 80, Clear: 2500, Alert: 2000, Limit: 1500, Disconnect: 800, Level: 6000, Max: 6000},
		{ID: 3, Window: 20, Clear: 5100, Alert: 5000, Limit: 4000, Disconnect: 3000, Level: 6000, Max: 6000},
	}, Groups: []wire.RateGroup{
		{Class: 1, Kinds: []wire.Kind{wire.SetInfo, wire.InfoQuery2, wire.FeedbagInsert, wire.SetStatus}},
		{Class: 3, Kinds: []wire.Kind{wire.ICBMSend, wire.InfoQuery}},
	}}
}

func aliceList() wire.Items {
	members := func(ids ...byte) wire.TLVs {
		var v []byte
		for _, id := range ids {
			v = append(v, 0, id)
		}
		return wire.TLVs{wire.Bytes(wire.ItemMembers, v)}
	}
	return wire.Items{
		{Class: wire.GroupItem, TLVs: members(2, 1)},
		{Name: "Buddies", Group: 1, Class: wire.GroupItem, TLVs: members(11, 10)},
		{Name: "Wonderland", Group: 2, Class: wire.GroupItem, TLVs: members(20)},
		{Name: "Mad Hatter", Group: 1, ID: 10, TLVs: wire.TLVs{wire.String(wire.ItemAlias, "Hatter")}},
		{Name: "dormouse", Group: 1, ID: 11},
		{Name: "dormouse", Group: 2, ID: 20},
		{Name: "not a name!", Group: 2, ID: 21},
		{Name: "12345", Group: 2, ID: 22, TLVs: wire.TLVs{wire.Flag(wire.ItemPending)}},
		{Class: wire.PrivacyItem, ID: 30},
	}
}

func aliceContacts() []transports.Contact {
	return []transports.Contact{
		{ID: "dormouse", Groups: []string{"Wonderland", "Buddies"}},
		{ID: "12345", Groups: []string{"Wonderland"}, Pending: true},
		{ID: "madhatter", Name: "Hatter", Groups: []string{"Buddies"}},
	}
}

// reply makes an answer of a fixed body.
func reply(kind wire.Kind, body wire.Body) func(*peer, wire.SNAC) []wire.SNAC {
	return func(p *peer, q wire.SNAC) []wire.SNAC {
		return []wire.SNAC{p.snac(kind, q.Request, body)}
	}
}

func (p *peer) snac(kind wire.Kind, request uint32, body wire.Body) wire.SNAC {
	s, err := wire.NewSNAC(kind, request, body)
	if err != nil {
		p.t.Error(err)
	}
	return s
}

func (p *peer) parts(q wire.SNAC) []wire.SNAC {
	var all []wire.SNAC
	for _, part := range p.list {
		s := p.snac(wire.FeedbagReply, q.Request, part)
		s.Flags = wire.FlagMore
		all = append(all, s)
	}
	all[len(all)-1].Flags = 0
	return all
}

func (p *peer) accepted(q wire.SNAC) []wire.SNAC {
	return []wire.SNAC{p.snac(wire.FeedbagStatus, q.Request, wire.Words{wire.FeedbagOK})}
}

func (p *peer) ack(q wire.SNAC) []wire.SNAC {
	m, err := wire.Decode[wire.Outgoing](q.Body)
	if err != nil {
		p.t.Error(err)
		return nil
	}
	return []wire.SNAC{p.snac(wire.ICBMAck, q.Request, wire.HostAck{Cookie: m.Cookie, Channel: m.Channel, To: m.To})}
}

// Dial is the session's Env.Dial.
func (p *peer) Dial(_ context.Context, address string) (net.Conn, error) {
	serve := map[string]func(net.Conn, *wire.FrameReader){loginHost: p.login, bosAddress: p.serveBOS}[address]
	if serve == nil {
		return nil, errors.New("no route to host")
	}
	client, server := transporttest.Pipe() // the test writes to it as well as the peer
	p.mu.Lock()
	p.conns = append(p.conns, server)
	p.dials = append(p.dials, address)
	p.mu.Unlock()
	go func() {
		serve(server, wire.NewFrameReader(server))
		if p.dies == nil || address != bosAddress {
			_ = server.Close()
		}
	}()
	return client, nil
}

// Drop ends all connections, as a crash does.
func (p *peer) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
}

// Close ends the peer.
func (p *peer) Close() { p.Drop() }

// frame writes a frame; that the session is gone is no error of the peer.
func (p *peer) frame(c net.Conn, channel wire.Channel, body wire.Body) {
	data, err := wire.Encode(body)
	if err != nil {
		p.t.Error(err)
		return
	}
	p.mu.Lock()
	p.seq++
	b, err := wire.AppendFrame(nil, wire.Frame{Channel: channel, Seq: p.seq, Data: data})
	p.mu.Unlock()
	if err != nil {
		p.t.Error(err)
		return
	}
	_, _ = c.Write(b)
}

func (p *peer) login(c net.Conn, r *wire.FrameReader) {
	p.frame(c, wire.SignOn, wire.Hello{Version: 1})
	key := []byte("4711")
	for {
		f, err := r.Next()
		if err != nil || f.Channel == wire.SignOff {
			return
		}
		snac, err := wire.Decode[wire.SNAC](f.Data)
		if f.Channel != wire.Data || err != nil {
			continue
		}
		switch {
		case p.noBUCP:
			p.frame(c, wire.Data, p.snac(wire.KindOf(wire.KeyRequest.Family(), wire.ErrorType), snac.Request, wire.Error{Code: wire.CodeInvalidSNAC}))
		case snac.Kind == wire.KeyRequest && !p.noKey:
			p.frame(c, wire.Data, p.snac(wire.KeyReply, snac.Request, wire.LoginKey{Key: key}))
		case snac.Kind == wire.LoginRequest && !p.right(snac, key):
			p.frame(c, wire.Data, p.snac(wire.LoginReply, snac.Request, wire.TLVs{wire.Uint16(wire.TagLoginError, wire.LoginWrongPassword)}))
		default:
			p.frame(c, wire.Data, p.snac(wire.LoginReply, snac.Request, p.granted))
			p.frame(c, wire.SignOff, wire.TLVs{})
			return
		}
	}
}

// right checks SNAC 17/02 as the server does.
func (p *peer) right(q wire.SNAC, key []byte) bool {
	tlvs, err := wire.Decode[wire.TLVs](q.Body)
	hash, _ := tlvs.Get(wire.TagHash)
	multiple, _ := tlvs.Number(wire.TagMultiple)
	return err == nil && bytes.Equal(hash, wire.LoginHash(key, password, tlvs.Has(wire.TagHashOfHash))) && multiple == 3
}

func (p *peer) serveBOS(c net.Conn, r *wire.FrameReader) {
	p.mu.Lock()
	p.bos = c
	p.mu.Unlock()
	p.frame(c, wire.SignOn, wire.Hello{Version: 1})
	for {
		f, err := r.Next()
		if err != nil || f.Channel == wire.SignOff {
			return
		}
		switch f.Channel {
		case wire.SignOn:
			p.frame(c, wire.Data, p.snac(wire.HostFamilies, 1<<31, p.families))
		case wire.KeepAlive:
			p.beats <- struct{}{}
		case wire.Data:
			p.hear(c, f)
		}
		if p.dies != nil && len(p.heard) > 0 {
			close(p.dies)
			return
		}
	}
}

func (p *peer) hear(c net.Conn, f wire.Frame) {
	q, err := wire.Decode[wire.SNAC](f.Data)
	if err != nil {
		p.t.Errorf("the session sends nonsense: %v", err)
		return
	}
	if p.ready {
		select {
		case p.heard <- q:
		default:
			p.t.Error("the session sends more than the test can hold")
		}
	}
	p.ready = p.ready || q.Kind == wire.ClientReady
	if p.silent[q.Kind] {
		return
	}
	if answer := p.answers[q.Kind]; answer != nil {
		for _, a := range answer(p, q) {
			p.frame(c, wire.Data, a)
		}
	}
}

// push says something on BOS that nobody asked for.
func (p *peer) push(kind wire.Kind, body wire.Body) {
	p.mu.Lock()
	c := p.bos
	p.mu.Unlock()
	p.frame(c, wire.Data, p.snac(kind, 1<<31, body))
}

// raw writes bytes on BOS as they are, and hangs up.
func (p *peer) raw(b []byte) {
	p.mu.Lock()
	c := p.bos
	p.mu.Unlock()
	_, _ = c.Write(b)
	_ = c.Close()
}
