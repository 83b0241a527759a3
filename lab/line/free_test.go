package line

import (
	"log/slog"
	"net"
	"strconv"
	"testing"
	"time"
)

// A port is kept while its server restarts, and until the server is closed.
func TestAPortIsKept(t *testing.T) {
	l, claim, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	if err := l.Close(); err != nil { // it restarts
		t.Fatal(err)
	}
	if other, err := net.ListenPacket("udp", at); err == nil {
		_ = other.Close()
		t.Errorf("%s can be claimed by another", at)
	}
	claim.Release()
	claim.Release()
	other, err := net.ListenPacket("udp", at)
	if err != nil {
		t.Fatal(err)
	}
	_ = other.Close()
	_, port, err := net.SplitHostPort(at)
	if n, _ := strconv.Atoi(port); err != nil || n < lowestPort || n >= highestPort {
		t.Errorf("%s is a port that others are given while nobody listens on it", at)
	}
}

// TestPortsKeepWhatTheyHave through a restart, and let it go at the end.
func TestPortsKeepWhatTheyHave(t *testing.T) {
	p := NewPorts(slog.New(slog.DiscardHandler))
	at, err := p.Listen("127.0.0.1:0", func(conn net.Conn) { _ = conn.Close() })
	if err != nil {
		t.Fatal(err)
	}
	claimed := func() bool {
		other, err := net.ListenPacket("udp", at.String())
		if err == nil {
			_ = other.Close()
		}
		return err != nil
	}
	if err := p.Restart(time.Hour, func() {}); err != nil || !claimed() {
		t.Errorf("%v; the port of a server that restarts is free", err)
	}
	p.Stop(func() {})
	p.Close()
	if claimed() {
		t.Error("the port of a server that is gone is kept")
	}
}
