package oscar

import (
	"fmt"

	"golang.org/x/text/encoding/htmlindex"

	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

// What accounts can be made to do that other networks' can't, besides what world.Network has.

// between finds two accounts. mu is held.
func (n network) between(from, to string) (a, b *account, err error) {
	if a, err = n.account(from); err != nil {
		return nil, nil, err
	}
	if b = n.s.accounts[canonical(to)]; b == nil {
		return nil, nil, fmt.Errorf("%q: %w", to, world.ErrUnknown)
	}
	return a, b, nil
}

// Warn lets one account warn another, as though that one had written to it. The error wraps world.ErrUnknown.
func (n network) Warn(by, whom string) error {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	a, b, err := n.between(by, whom)
	if err == nil {
		b.warned(warnBy, wire.User{Name: a.name}, n.s.now())
	}
	return err
}

// Offer offers a file of 1234 bytes from client to client. The error wraps world.ErrUnknown.
func (n network) Offer(from, to, name string) error {
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	a, b, err := n.between(from, to)
	if err != nil {
		return err
	}
	proposal, err := wire.Encode(wire.FileProposal{Count: 1, Size: 1234, Name: []byte(name)})
	if err != nil {
		return err
	}
	n.s.said++
	v := wire.Rendezvous{Cookie: cookie(n.s.said), About: wire.CapFile, TLVs: wire.TLVs{
		wire.Uint16(wire.RendezvousStep, 1), wire.Bytes(wire.RendezvousClient, []byte{127, 0, 0, 1}), wire.Bytes(wire.RendezvousData, proposal),
	}}
	data, err := wire.Encode(v)
	if err != nil {
		return err
	}
	n.s.deliver(a, b, wire.Outgoing{
		Cookie: v.Cookie, Channel: wire.ChannelRendezvous, To: b.name, TLVs: wire.TLVs{wire.Bytes(wire.MessageData, data)},
	})
	return nil
}

// SayIn sends a message as old clients do: in the bytes of some charset, under the name of ASCII. The error wraps
// world.ErrUnknown, or tells that the charset is unknown or lacks a character.
func (n network) SayIn(charset, from, to, text string) error {
	e, err := htmlindex.Get(charset)
	if err != nil {
		return err
	}
	data, err := e.NewEncoder().Bytes([]byte(text))
	if err != nil {
		return err
	}
	tlv, err := wire.MessageOf(wire.Text{Charset: wire.CharsetASCII, Data: data})
	if err != nil {
		return err
	}
	n.s.mu.Lock()
	defer n.s.mu.Unlock()
	a, b, err := n.between(from, to)
	if err != nil {
		return err
	}
	n.s.said++
	n.s.send(a, b, wire.Outgoing{Cookie: cookie(n.s.said), Channel: wire.ChannelText, To: b.name, TLVs: wire.TLVs{tlv}})
	return nil
}
