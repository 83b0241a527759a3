package oscar_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"imgate/transports/oscar/wire"
	"imgate/transports/transporttest"
)

// A rough is somebody's client of other days, which does what imgate never does: it warns, it sends files, it writes in
// charsets of its own. It signs on by FLAP and hears nothing.
type rough struct {
	conn   net.Conn
	seq    uint16
	id     uint32
	heard  sync.WaitGroup
	frames *wire.FrameReader

	machine *machine // nil: it has no file for anybody
}

// patience is how long a step of a rough client may take.
const patience = time.Minute

// newRough signs on.
func newRough(name, server string, dial dialer) (*rough, error) {
	r := &rough{}
	login, err := r.dial(server, dial, wire.TLVs{
		wire.String(wire.TagName, name), wire.Bytes(wire.TagRoasted, wire.Roast([]byte(password))), wire.String(wire.TagClient, "rough"),
	}, wire.SignOff)
	if err != nil {
		return nil, err
	}
	answer := tlvsOf(login.Data)
	cookie, _ := answer.Get(wire.TagCookie)
	if _, err = r.dial(answer.String(wire.TagServer), dial, wire.TLVs{wire.Bytes(wire.TagCookie, cookie)}, wire.Data); err != nil {
		return nil, err
	}
	r.heard.Go(func() {
		for err := error(nil); err == nil; {
			_, err = r.frames.Next()
		}
	})
	for _, q := range []struct {
		kind wire.Kind
		body wire.Body
	}{{wire.FeedbagUse, nil}, {wire.ClientReady, wire.ReadyFamilies{{Family: 1, Version: 4}, {Family: 4, Version: 1}, {Family: 0x13, Version: 4}}}} {
		if err := r.say(q.kind, q.body); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// dial connects, says hello with these TLVs, and gives the first frame of that channel.
func (r *rough) dial(address string, dial dialer, hello wire.TLVs, awaited wire.Channel) (wire.Frame, error) {
	conn, err := dial(context.Background(), address)
	if err != nil {
		return wire.Frame{}, err
	}
	if r.conn != nil {
		_ = r.conn.Close()
	}
	r.conn, r.seq, r.frames = conn, 0, wire.NewFrameReader(conn)
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return wire.Frame{}, err
	}
	first, err := r.frames.Next()
	if err != nil || first.Channel != wire.SignOn {
		return first, errors.Join(errors.New("no hello"), err)
	}
	data, err := wire.Encode(wire.Hello{Version: 1, TLVs: hello})
	if err != nil {
		return first, err
	}
	if err := r.frame(wire.SignOn, data); err != nil {
		return first, err
	}
	for {
		f, err := r.frames.Next()
		if err != nil || f.Channel == awaited {
			return f, err
		}
	}
}

func (r *rough) frame(channel wire.Channel, data []byte) error {
	b, err := wire.AppendFrame(nil, wire.Frame{Channel: channel, Seq: r.seq, Data: data})
	r.seq++
	if err == nil {
		_, err = r.conn.Write(b)
	}
	return err
}

func (r *rough) say(kind wire.Kind, body wire.Body) error {
	r.id++
	q, err := wire.NewSNAC(kind, r.id, body)
	if err != nil {
		return err
	}
	data, err := wire.Encode(q)
	if err != nil {
		return err
	}
	return r.frame(wire.Data, data)
}

// does carries out: warn NAME · write NAME CHARSET HEX · file NAME FILE · give NAME FILE "TEXT" · given · ask NAME "REASON".
func (r *rough) does(words string) error {
	a, err := transporttest.Fields(words)
	if err == nil && len(a) == 1 && a[0] == "given" && r.machine != nil {
		return r.given()
	}
	if err != nil || len(a) < 2 {
		return fmt.Errorf("%q: %w", words, err)
	}
	message := wire.Outgoing{Cookie: wire.Cookie{'r', 'o', 'u', 'g', 'h', byte(r.id)}, Channel: wire.ChannelText, To: a[1]}
	switch {
	case a[0] == "warn":
		return r.say(wire.ICBMWarn, wire.WarnWanted{Name: a[1]})
	case a[0] == "ask" && len(a) > 2:
		return r.say(wire.FeedbagAuthAsk, wire.AuthAsk{Name: a[1], Reason: a[2]})
	case a[0] == "write" && len(a) > 3:
		data, err := hex.DecodeString(a[3])
		if err != nil {
			return err
		}
		charset := map[string]uint16{"ascii": wire.CharsetASCII, "latin-1": wire.CharsetLatin1}[a[2]]
		tlv, err := wire.MessageOf(wire.Text{Charset: charset, Data: data})
		if err != nil {
			return err
		}
		message.TLVs = wire.TLVs{tlv}
		return r.say(wire.ICBMSend, message)
	case a[0] == "file" && len(a) > 2:
		return r.proposes(message, wire.FileProposal{Count: 1, Size: 4711, Name: []byte(a[2])}, 5190)
	case a[0] == "give" && len(a) > 3:
		if r.machine, err = newMachine(r.conn, a[2], a[3]); err != nil {
			return err
		}
		port, err := strconv.ParseUint(machinePort, 10, 16)
		if err != nil {
			return err
		}
		return r.proposes(message, wire.FileProposal{Count: 1, Size: uint32(len(a[3])), Name: []byte(a[2])}, uint16(port), wire.String(wire.RendezvousDataCharset, "utf-8"))
	}
	return fmt.Errorf("%q is nothing that a rough client does", words)
}

// proposes offers a file, with what this client thinks is its address.
func (r *rough) proposes(m wire.Outgoing, p wire.FileProposal, port uint16, more ...wire.TLV) error {
	file, err := wire.Encode(p)
	if err != nil {
		return err
	}
	meet, err := wire.Encode(wire.Rendezvous{About: wire.CapFile, Cookie: m.Cookie, TLVs: append(wire.TLVs{
		wire.Uint16(wire.RendezvousStep, 1), wire.Flag(wire.RendezvousWait), wire.Bytes(wire.RendezvousClient, []byte{10, 0, 0, 1}),
		wire.Bytes(wire.RendezvousAddress, []byte{10, 0, 0, 1}), wire.Uint16(wire.RendezvousPort, port), wire.Bytes(wire.RendezvousData, file),
	}, more...)})
	if err != nil {
		return err
	}
	m.Channel, m.TLVs = wire.ChannelRendezvous, wire.TLVs{wire.Bytes(wire.MessageData, bytes.Clone(meet))}
	return r.say(wire.ICBMSend, m)
}

// given waits until somebody has had the file.
func (r *rough) given() error {
	m := r.machine
	r.machine = nil
	m.gone.Wait()
	return m.stop()
}

func (r *rough) leave() {
	if r.machine != nil {
		_ = r.machine.stop() // nobody wanted it
	}
	_ = r.conn.Close()
	r.heard.Wait()
}
