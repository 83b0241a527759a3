package oscar

import (
	"bytes"
	"crypto/md5" // the protocol's own choice

	"imgate/transports/oscar/wire"
)

const (
	maxIcons     = 1000     // pictures that the server keeps
	maxIconBytes = 64 << 10 // of one
)

// iconNamed takes an item of the list that names the account's picture: the server says whether it wants the bytes, and
// tells everybody of a picture that it has (SNAC 01/21).
func (x *session) iconNamed(item wire.Item) {
	value, _ := item.TLVs.Get(wire.ItemIcon)
	info, err := wire.Decode[wire.BARTInfo](value)
	if err != nil || item.Name != "1" {
		return
	}
	x.a.icon = &wire.BART{Type: wire.BARTIcon, Flags: info.Flags, Data: bytes.Clone(info.Hash)}
	if x.s.icons[string(info.Hash)] != nil || bytes.Equal(info.Hash, wire.BARTCleared[:]) {
		x.s.announce(x.a)
	} else {
		x.a.icon.Flags |= wire.BARTUpload
	}
	x.say(wire.IconReply, 0, *x.a.icon)
	x.a.tellSelf()
}

// tellSelf tells the account's clients what others see of it.
func (a *account) tellSelf() {
	for _, x := range a.here() {
		x.say(wire.SelfReply, 0, x.selves())
	}
}

// iconUpload takes SNAC 10/02.
func (x *session) iconUpload(q wire.SNAC) error {
	d, err := wire.Decode[wire.IconData](q.Body)
	if err != nil {
		return err
	}
	sum := md5.Sum(d.Data)
	answer := wire.IconStatus{Icon: wire.BART{Type: d.Type, Flags: wire.BARTCustom, Data: sum[:]}}
	if len(x.s.icons) >= maxIcons || len(d.Data) > maxIconBytes {
		answer.Code = 1
		x.reply(q, wire.IconStored, answer)
		return nil
	}
	x.s.icons[string(sum[:])] = bytes.Clone(d.Data)
	if i := x.a.icon; i != nil && bytes.Equal(i.Data, sum[:]) {
		i.Flags &^= wire.BARTUpload
		x.a.tellSelf()
		x.s.announce(x.a)
	}
	x.reply(q, wire.IconStored, answer)
	return nil
}

// iconQuery answers SNAC 10/04; of a picture that is not there with nothing, as seen.
func (x *session) iconQuery(q wire.SNAC) error {
	w, err := wire.Decode[wire.IconWanted](q.Body)
	if err != nil {
		return err
	}
	x.reply(q, wire.IconAnswer, wire.IconFound{Name: w.Name, Icon: w.Icon, Data: x.s.icons[string(w.Icon.Data)]})
	return nil
}
