package line

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// A pipe enters and is served until its reader ends.
func enter(t *testing.T, p *Ports) (client net.Conn, ended chan struct{}) {
	client, served := net.Pipe()
	ended = make(chan struct{})
	if !p.Enter(served) {
		t.Fatal("not let in")
	}
	go func() {
		defer close(ended)
		defer p.Leave(served)
		defer func() { _ = served.Close() }() // never fails
		_, _ = io.Copy(io.Discard, served)    // until the deadline
	}()
	return client, ended
}

// A restart ends what is connected, lets nobody in while it lasts, and comes back.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPorts(slog.New(slog.DiscardHandler))
		_, ended := enter(t, p)
		said := 0
		if err := p.Restart(time.Minute, func() { said++ }); err != nil || said != 1 {
			t.Fatalf("%v, good-bye said %d times", err, said)
		}
		<-ended
		ours, theirs := net.Pipe()
		if p.Up() || p.Enter(theirs) || p.Relax(theirs) {
			t.Error("it is up while it restarts")
		}
		if err := p.Restart(time.Minute, func() { said++ }); !errors.Is(err, ErrDown) || said != 1 {
			t.Errorf("a second restart: %v", err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if !p.Up() || !p.Enter(theirs) || !p.Relax(theirs) {
			t.Error("it did not come back")
		}
		p.Leave(theirs)
		p.Stop(func() { said++ })
		p.Close()
		if said != 2 || p.Up() {
			t.Errorf("good-bye said %d times, up %t", said, p.Up())
		}
		Reset(ours)
		Reset(theirs)
	})
}

// Who stops while it restarts does not come back, and what was to happen later does not.
func TestStopWhileDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPorts(slog.New(slog.DiscardHandler))
		if err := p.Restart(time.Hour, func() {}); err != nil {
			t.Fatal(err)
		}
		p.After(time.Minute, func() { t.Error("called after the end") })
		begun := time.Now()
		p.Stop(func() {})
		p.Close()
		if time.Since(begun) != 0 || p.Up() {
			t.Errorf("it took %v, up %t", time.Since(begun), p.Up())
		}
	})
}

// A port that listens again has the same address.
func TestListenAgain(t *testing.T) {
	p := NewPorts(slog.New(slog.DiscardHandler))
	served := make(chan struct{}, 1)
	at, err := p.Listen("127.0.0.1:0", func(conn net.Conn) {
		served <- struct{}{}
		_ = conn.Close() // nothing was written
	})
	if err != nil {
		t.Fatal(err)
	}
	if port := at.(*net.TCPAddr).Port; port < lowestPort || port >= highestPort {
		t.Errorf("%d is a port that others are given while nobody listens on it", port)
	}
	visit := func() error {
		conn, err := net.Dial("tcp", at.String())
		if err == nil {
			<-served
			_ = conn.Close() // it may be reset already
		}
		return err
	}
	if err := visit(); err != nil {
		t.Error(err)
	}
	if err := p.Restart(time.Hour, func() {
		if err := visit(); err == nil {
			t.Error("somebody was let in")
		}
	}); err != nil {
		t.Fatal(err)
	}
	p.rise() // an hour later
	if err := visit(); err != nil {
		t.Error(err)
	}
	p.Stop(func() {})
	p.Close()
}
