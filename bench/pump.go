package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"

	"imgate/transports/oscar/wire"
)

// pump is the least that any gateway does: a component that puts the body of every message into a frame for echobot, from one
// account for everybody, and turns the echoes into messages, in the order of what they answer. It parses no XML, keeps no
// state, and knows of the network no more than it takes to be let in.
func pump(address, domain, secret, server, name string) error {
	r, w, err := attach(address, domain, secret)
	if err != nil {
		return err
	}
	line, err := signOn(server, name)
	if err != nil {
		return fmt.Errorf("%s at %s: %w", name, server, err)
	}
	from := make(chan string, 1<<16) // whose echoes are still to come
	go func() { _ = echoes(line, w, from) }()
	return eachMessage(r, func(stanza []byte, more bool) error {
		from <- attribute(stanza, " from='")
		_, body, _ := bytes.Cut(stanza, []byte("<body>"))
		body, _, _ = bytes.Cut(body, []byte("<"))
		text, err := wire.MessageOf(wire.Text{Data: body})
		if err != nil {
			return err
		}
		return line.say(wire.ICBMSend, wire.Outgoing{Channel: wire.ChannelText, To: "echobot", TLVs: wire.TLVs{text}}, more)
	})
}

// echoes writes a message for every one that comes from the network.
func echoes(line *flap, w *bufio.Writer, from <-chan string) error {
	for {
		f, err := line.in.Next()
		if err != nil {
			return err
		}
		if f.Channel != wire.Data || !bytes.HasPrefix(f.Data, []byte{0, 4, 0, 7}) {
			continue
		}
		fmt.Fprintf(w, "<message from='echobot@%s' to='%s' type='chat'><body>%s</body></message>", pumpDomain, <-from, text)
		if err := w.Flush(); err != nil {
			return err
		}
	}
}

// A flap is a line to an OSCAR server.
type flap struct {
	conn net.Conn
	in   *wire.FrameReader
	out  *bufio.Writer
	seq  uint16
	req  uint32
}

// signOn goes to the login server with a roasted password, and to BOS with the cookie.
func signOn(server, name string) (*flap, error) {
	l, err := dialFLAP(server, wire.String(wire.TagName, name), wire.Bytes(wire.TagRoasted, wire.Roast([]byte("rabbit1"))))
	if err != nil {
		return nil, err
	}
	answer, err := l.in.Next()
	for err == nil && answer.Channel != wire.SignOff {
		answer, err = l.in.Next()
	}
	if err != nil {
		return nil, err
	}
	if err := l.conn.Close(); err != nil {
		return nil, err
	}
	tlvs, err := wire.Decode[wire.TLVs](answer.Data)
	if err != nil {
		return nil, err
	}
	cookie, ok := tlvs.Get(wire.TagCookie)
	if !ok {
		return nil, errors.New("not let in")
	}
	l, err = dialFLAP(tlvs.String(wire.TagServer), wire.Bytes(wire.TagCookie, cookie))
	if err != nil {
		return nil, err
	}
	return l, l.say(wire.ClientReady, wire.ReadyFamilies{{Family: 1, Version: 3}, {Family: 4, Version: 1}}, false)
}

func dialFLAP(server string, hello ...wire.TLV) (*flap, error) {
	conn, err := net.Dial("tcp", server)
	if err != nil {
		return nil, err
	}
	l := &flap{conn: conn, in: wire.NewFrameReader(conn), out: bufio.NewWriterSize(conn, 64<<10)}
	data, err := wire.Encode(wire.Hello{Version: 1, TLVs: hello})
	if err != nil {
		return nil, err
	}
	frame, err := wire.AppendFrame(nil, wire.Frame{Channel: wire.SignOn, Data: data})
	if err != nil {
		return nil, err
	}
	_, err = conn.Write(frame)
	return l, err
}

// say writes a SNAC; where more is to come, with that.
func (l *flap) say(kind wire.Kind, body wire.Body, more bool) error {
	l.seq++
	l.req++
	snac, err := wire.NewSNAC(kind, l.req, body)
	if err != nil {
		return err
	}
	frame, err := wire.AppendSNAC(nil, l.seq, snac)
	if err != nil {
		return err
	}
	if _, err := l.out.Write(frame); err != nil || more {
		return err
	}
	return l.out.Flush()
}
