package main

import (
	"encoding/binary"
	"io"
	"net/netip"
	"time"

	"imgate/adapters/control"
	"imgate/transports"
)

// A capture writes what a trace shows as a pcap file, for Wireshark and tcpdump: classic format with nanoseconds
// (libpcap, pcap-savefile(5)), Ethernet frames with made-up addresses, the real IP addresses and ports. Sequence
// numbers are those of the stream counted from 1, so that what is missing is seen to be missing.
type capture struct {
	w     io.Writer
	flows map[uint64]*flow
	err   error // the first
}

// A flow is one connection.
type flow struct {
	local, remote netip.AddrPort
	next          [2]uint32 // sequence numbers, ours and theirs
	over          bool
}

const (
	nanoMagic    = 0xA1B23C4D
	snapLength   = 256 << 10
	linkEthernet = 1
	maxSegment   = 32 << 10 // bytes of a stream in a packet
)

// Flags of TCP (RFC 9293 §3.1).
const (
	tcpFIN = 0x01
	tcpSYN = 0x02
	tcpPSH = 0x08
	tcpACK = 0x10
)

func newCapture(w io.Writer) *capture {
	c := &capture{w: w, flows: map[uint64]*flow{}}
	head := binary.LittleEndian.AppendUint32(nil, nanoMagic)
	head = binary.LittleEndian.AppendUint16(head, 2) // version 2.4
	head = binary.LittleEndian.AppendUint16(head, 4)
	head = append(head, make([]byte, 8)...) // time zone and accuracy: always 0
	head = binary.LittleEndian.AppendUint32(head, snapLength)
	head = binary.LittleEndian.AppendUint32(head, linkEthernet)
	c.write(head)
	return c
}

func (c *capture) write(b []byte) {
	if c.err == nil {
		_, c.err = c.w.Write(b)
	}
}

// add writes what ev shows. Connections without IP addresses have no packets.
func (c *capture) add(ev *control.Event) {
	if !ev.Local.IsValid() || !ev.Remote.IsValid() || ev.Local.Addr().Is4() != ev.Remote.Addr().Is4() {
		return
	}
	f := c.flows[ev.Conn]
	if f == nil {
		f = &flow{local: ev.Local, remote: ev.Remote, next: [2]uint32{1, 1}}
		c.flows[ev.Conn] = f
	}
	switch ev.Kind {
	case transports.TraceOpened:
		f.next = [2]uint32{0, 0}
		c.packet(ev.At, f, true, tcpSYN, nil)
		f.next[0] = 1
		c.packet(ev.At, f, false, tcpSYN|tcpACK, nil)
		f.next[1] = 1
		c.packet(ev.At, f, true, tcpACK, nil)
	case transports.TraceFrame:
		f.next[ends(ev.Out)] = uint32(ev.Offset) + 1
		c.data(ev.At, f, ev.Out, bytesOf(ev))
	case transports.TraceClosed, transports.TraceEnded:
		if !f.over {
			f.over = true
			c.packet(ev.At, f, ev.Kind == transports.TraceClosed, tcpFIN|tcpACK, nil)
		}
	}
}

// bytesOf gives as many bytes as the frame has, also where the gateway left them out.
func bytesOf(ev *control.Event) []byte {
	if len(ev.Bytes) == ev.Length {
		return ev.Bytes
	}
	return transports.Hide("", ev.Length).Bytes
}

// ends is the end of a flow that sends: 0 is ours.
func ends(out bool) int {
	if out {
		return 0
	}
	return 1
}

func (c *capture) data(at time.Time, f *flow, out bool, b []byte) {
	for len(b) > 0 {
		n := min(len(b), maxSegment)
		c.packet(at, f, out, tcpPSH|tcpACK, b[:n])
		f.next[ends(out)] += uint32(n)
		b = b[n:]
	}
}

func (c *capture) packet(at time.Time, f *flow, out bool, flags byte, data []byte) {
	from, to := f.local, f.remote
	if !out {
		from, to = to, from
	}
	segment := tcpSegment(from, to, f.next[ends(out)], f.next[1-ends(out)], flags, data)
	frame := append(ethernet(from.Addr().Is4(), out), ipHeader(from.Addr(), to.Addr(), len(segment))...)
	frame = append(frame, segment...)
	head := binary.LittleEndian.AppendUint32(nil, uint32(at.Unix()))
	head = binary.LittleEndian.AppendUint32(head, uint32(at.Nanosecond()))
	head = binary.LittleEndian.AppendUint32(head, uint32(len(frame)))
	head = binary.LittleEndian.AppendUint32(head, uint32(len(frame)))
	c.write(append(head, frame...))
}

// ethernet is the header between two made-up stations, locally administered: ours ends in 1.
func ethernet(v4, out bool) []byte {
	us, them := [6]byte{2, 0, 0, 0, 0, 1}, [6]byte{2, 0, 0, 0, 0, 2}
	if !out {
		us, them = them, us
	}
	b := append(append(make([]byte, 0, 256), them[:]...), us[:]...)
	if v4 {
		return append(b, 0x08, 0x00)
	}
	return append(b, 0x86, 0xDD)
}

const protocolTCP = 6

// ipHeader is RFC 791 or RFC 8200, without options.
func ipHeader(from, to netip.Addr, length int) []byte {
	if !from.Is4() {
		b := []byte{0x60, 0, 0, 0}
		b = binary.BigEndian.AppendUint16(b, uint16(length))
		b = append(b, protocolTCP, 64)
		return append(append(b, from.AsSlice()...), to.AsSlice()...)
	}
	b := []byte{0x45, 0}
	b = binary.BigEndian.AppendUint16(b, uint16(20+length))
	b = append(b, 0, 0, 0x40, 0, 64, protocolTCP, 0, 0) // don't fragment
	b = append(append(b, from.AsSlice()...), to.AsSlice()...)
	binary.BigEndian.PutUint16(b[10:], checksum(b))
	return b
}

func tcpSegment(from, to netip.AddrPort, seq, ack uint32, flags byte, data []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, from.Port())
	b = binary.BigEndian.AppendUint16(b, to.Port())
	b = binary.BigEndian.AppendUint32(b, seq)
	if flags&tcpACK == 0 {
		ack = 0
	}
	b = binary.BigEndian.AppendUint32(b, ack)
	b = append(b, 5<<4, flags, 0xFF, 0xFF, 0, 0, 0, 0)
	b = append(b, data...)
	pseudo := append(append([]byte{}, from.Addr().AsSlice()...), to.Addr().AsSlice()...)
	pseudo = binary.BigEndian.AppendUint32(pseudo, uint32(len(b)))
	pseudo = binary.BigEndian.AppendUint32(pseudo, protocolTCP)
	binary.BigEndian.PutUint16(b[16:], checksum(append(pseudo, b...)))
	return b
}

// checksum is that of the internet (RFC 1071).
func checksum(b []byte) uint16 {
	var sum uint32
	for ; len(b) >= 2; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xFFFF {
		sum = sum>>16 + sum&0xFFFF
	}
	return ^uint16(sum)
}
