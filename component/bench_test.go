package component_test

import (
	"bytes"
	"context"
	"net"
	"testing"
	"time"

	"imgate/component"
	"imgate/xmpp"
)

// BenchmarkEcho is the floor of a gateway: a link that answers each message by one. The server's side does
// nothing but count, so that nearly all of the time is the link's.
func BenchmarkEcho(b *testing.B) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer listener.Close()
	var link *component.Link
	up := make(chan component.State, 10)
	link, err = component.New(component.Config{
		Address: listener.Addr().String(), Domain: aim, Secret: "secret", PingEvery: time.Hour, Queue: 1 << 16,
		Handle: func(r component.Received) {
			m := r.Stanza.(xmpp.Message)
			m.From, m.To = m.To, m.From
			if err := link.Send(context.Background(), m); err != nil {
				b.Error(err)
			}
		},
		Changed: func(s component.State) { up <- s },
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- link.Run(ctx) }()
	conn := greet(b, listener)
	<-up
	b.ReportAllocs()
	b.ResetTimer()
	flood(b, conn)
	b.StopTimer()
	conn.Close()
	stop()
	<-ended
}

// greet accepts one component, whatever its secret.
func greet(b *testing.B, listener net.Listener) net.Conn {
	b.Helper()
	conn, err := listener.Accept()
	if err != nil {
		b.Fatal(err)
	}
	read(b, conn, ">", 2)
	write(b, conn, "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' id='1'>")
	read(b, conn, "</handshake>", 1)
	write(b, conn, "<handshake/>")
	return conn
}

const benchMessage = "<message from='alice@example.org/home' to='bob@aim.example.org' id='a1b2' type='chat'><body>Hello, how are you today? " +
	"I hope all is well over there with you.</body><request xmlns='urn:xmpp:receipts'/><active xmlns='http://jabber.org/protocol/chatstates'/></message>"

// flood sends b.N messages and waits for as many answers.
func flood(b *testing.B, conn net.Conn) {
	b.Helper()
	sent := make(chan error, 1)
	go func() {
		chunk := bytes.Repeat([]byte(benchMessage), 64)
		for n := b.N; n > 0; n -= 64 {
			if _, err := conn.Write(chunk[:min(n, 64)*len(benchMessage)]); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	read(b, conn, "</message>", b.N)
	if err := <-sent; err != nil {
		b.Fatal(err)
	}
}

// read reads until mark has come n times. A mark that is cut by the end of a read is found with the next.
func read(b *testing.B, conn net.Conn, mark string, n int) {
	b.Helper()
	buf, kept := make([]byte, 64<<10), 0
	for n > 0 {
		got, err := conn.Read(buf[kept:])
		if err != nil {
			b.Fatal(err)
		}
		all := buf[:kept+got]
		n -= bytes.Count(all, []byte(mark))
		kept = copy(buf, all[max(0, len(all)-len(mark)+1):])
	}
}

func write(b *testing.B, conn net.Conn, s string) {
	b.Helper()
	if _, err := conn.Write([]byte(s)); err != nil {
		b.Fatal(err)
	}
}
