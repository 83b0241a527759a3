package main

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imgate/adapters/control"
	"imgate/transports"
)

// A seenPacket is what our own reader finds in a pcap file.
type seenPacket struct {
	at       time.Time
	from, to netip.AddrPort
	seq, ack uint32
	flags    byte
	data     []byte
}

// readCapture reads a file as pcap-savefile(5) and the RFCs have it, and holds every checksum to its sum.
func readCapture(t *testing.T, b []byte) (list []seenPacket) {
	t.Helper()
	if len(b) < 24 || binary.LittleEndian.Uint32(b) != 0xA1B23C4D || binary.LittleEndian.Uint32(b[20:]) != 1 {
		t.Fatalf("no pcap file: % X", b[:min(24, len(b))])
	}
	for b = b[24:]; len(b) > 0; {
		n := binary.LittleEndian.Uint32(b[8:])
		p := seenPacket{at: time.Unix(int64(binary.LittleEndian.Uint32(b)), int64(binary.LittleEndian.Uint32(b[4:])))}
		frame := b[16 : 16+n]
		b = b[16+n:]
		kind, ip := binary.BigEndian.Uint16(frame[12:]), frame[14:]
		var from, to netip.Addr
		var tcp []byte
		switch kind {
		case 0x0800:
			if checksum(ip[:20]) != 0 || int(binary.BigEndian.Uint16(ip[2:])) != len(ip) {
				t.Fatalf("IPv4 header % X", ip[:20])
			}
			from, to, tcp = netip.AddrFrom4([4]byte(ip[12:])), netip.AddrFrom4([4]byte(ip[16:])), ip[20:]
		case 0x86DD:
			if int(binary.BigEndian.Uint16(ip[4:])) != len(ip)-40 {
				t.Fatalf("IPv6 header % X", ip[:40])
			}
			from, to, tcp = netip.AddrFrom16([16]byte(ip[8:])), netip.AddrFrom16([16]byte(ip[24:])), ip[40:]
		default:
			t.Fatalf("ethernet type %#x", kind)
		}
		pseudo := binary.BigEndian.AppendUint32(append(from.AsSlice(), to.AsSlice()...), uint32(len(tcp)))
		if checksum(append(append(pseudo, 0, 0, 0, 6), tcp...)) != 0 {
			t.Fatalf("TCP checksum of % X", tcp)
		}
		p.from = netip.AddrPortFrom(from, binary.BigEndian.Uint16(tcp))
		p.to = netip.AddrPortFrom(to, binary.BigEndian.Uint16(tcp[2:]))
		p.seq, p.ack, p.flags, p.data = binary.BigEndian.Uint32(tcp[4:]), binary.BigEndian.Uint32(tcp[8:]), tcp[13], tcp[20:]
		list = append(list, p)
	}
	return list
}

// streams puts the data of each direction together by sequence number, zeros where something is missing.
func streams(list []seenPacket) map[string][]byte {
	out := map[string][]byte{}
	for _, p := range list {
		key := p.from.String() + " " + p.to.String()
		if len(p.data) == 0 {
			continue
		}
		if grow := int(p.seq) - 1 + len(p.data) - len(out[key]); grow > 0 {
			out[key] = append(out[key], make([]byte, grow)...)
		}
		copy(out[key][p.seq-1:], p.data)
	}
	return out
}

func captureOf(t *testing.T, events ...control.Event) []byte {
	t.Helper()
	var b bytes.Buffer
	c := newCapture(&b)
	for i := range events {
		c.add(&events[i])
	}
	if c.err != nil {
		t.Fatal(c.err)
	}
	return b.Bytes()
}

func TestCapture(t *testing.T) {
	at := time.Unix(1_700_000_000, 123_456_789)
	for _, ends := range [][2]string{{"127.0.0.1:40000", "127.0.0.1:5190"}, {"[::1]:40000", "[::1]:5190"}} {
		local, remote := netip.MustParseAddrPort(ends[0]), netip.MustParseAddrPort(ends[1])
		event := func(kind transports.TraceKind, out bool, offset uint64, data string) control.Event {
			return control.Event{At: at, Kind: kind, Conn: 1, Local: local, Remote: remote, Out: out, Offset: offset, Length: len(data), Bytes: []byte(data)}
		}
		big := strings.Repeat("y", maxSegment+7)
		left := event(transports.TraceFrame, false, 5, big)
		left.Bytes = nil // too long for a line: only its length came
		file := captureOf(t,
			event(transports.TraceOpened, false, 0, ""), event(transports.TraceFrame, true, 0, "hello"),
			event(transports.TraceFrame, false, 0, "world"), left,
			event(transports.TraceFrame, true, 105, "later"), // a hundred bytes were lost
			event(transports.TraceEnded, false, 0, ""), event(transports.TraceClosed, false, 0, ""),
			control.Event{At: at, Kind: transports.TraceFrame, Conn: 2, Length: 3}, // no TCP
		)
		list := readCapture(t, file)
		got := streams(list)
		if s := got[ends[0]+" "+ends[1]]; len(s) != 110 || string(s[:5]) != "hello" || string(s[105:]) != "later" {
			t.Errorf("sent %q", s)
		}
		if s := got[ends[1]+" "+ends[0]]; string(s) != "world"+strings.Repeat("x", len(big)) {
			t.Errorf("received %.20q, %d bytes", s, len(s))
		}
		if len(list) != 3+1+1+2+1+1 || list[0].flags != tcpSYN || list[1].flags != tcpSYN|tcpACK || list[1].ack != 1 || !list[3].at.Equal(at) {
			t.Errorf("%d packets: %+v", len(list), list[:2])
		}
		if last := list[len(list)-1]; last.flags != tcpFIN|tcpACK || last.ack != 111 || last.seq != uint32(6+len(big)) {
			t.Errorf("the end: %+v", last)
		}
		readByOthers(t, file)
	}
}

// readByOthers lets tcpdump read the file, where there is one.
func readByOthers(t *testing.T, file []byte) {
	t.Helper()
	path, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Log("there is no tcpdump here; our own reader has read it")
		return
	}
	name := filepath.Join(t.TempDir(), "x.pcap")
	if err := os.WriteFile(name, file, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, "-vv", "-n", "-r", name).CombinedOutput()
	if err != nil || strings.Contains(string(out), "incorrect") || strings.Contains(string(out), "bad cksum") || !strings.Contains(string(out), "(correct)") {
		t.Errorf("tcpdump: %v\n%s", err, out)
	}
}
