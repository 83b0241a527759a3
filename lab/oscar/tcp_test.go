package oscar

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

// overTCP dials s and says hello; the first frame is what the server says of itself.
func overTCP(t *testing.T, address string, tlvs ...wire.TLV) (net.Conn, *wire.FrameReader, error) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, nil, err
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	hello, _ := wire.Encode(wire.Hello{Version: 1, TLVs: tlvs})
	b, _ := wire.AppendFrame(nil, wire.Frame{Channel: wire.SignOn, Data: hello})
	if _, err := conn.Write(b); err != nil {
		return nil, nil, err
	}
	in := wire.NewFrameReader(conn)
	_, err = in.Next()
	return conn, in, err
}

func listening(t *testing.T, o Options) (*Server, string) {
	t.Helper()
	s := New(o)
	t.Cleanup(s.Close)
	address, err := s.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return s, address.String()
}

// TestTCP signs on over TCP, where the server sends the client to its own address.
func TestTCP(t *testing.T) {
	_, address := listening(t, Options{})
	_, in, err := overTCP(t, address, wire.String(wire.TagName, "alicewonder"), wire.Bytes(wire.TagRoasted, wire.Roast([]byte(world.Password))))
	if err != nil {
		t.Fatal(err)
	}
	frame, err := in.Next()
	if err != nil || frame.Channel != wire.SignOff {
		t.Fatalf("%+v %v", frame, err)
	}
	tlvs := decodeTLVs(t, frame.Data)
	if got := tlvs.String(wire.TagServer); got != address {
		t.Fatalf("sent to %q, not %q", got, address)
	}
	cookie, _ := tlvs.Get(wire.TagCookie)
	_, in, err = overTCP(t, address, wire.Bytes(wire.TagCookie, cookie))
	if err != nil {
		t.Fatal(err)
	}
	if frame, err = in.Next(); err != nil || frame.Channel != wire.Data {
		t.Errorf("%+v %v", frame, err)
	}
}

// TestResetOverTCP: a reset is one, not an end.
func TestResetOverTCP(t *testing.T) {
	s, address := listening(t, Options{})
	s.AIM().Fault("", world.Refuse, 1)
	if _, _, err := overTCP(t, address); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
		t.Errorf("refused: %v", err)
	}
	_, in, err := overTCP(t, address, wire.Bytes(wire.TagCookie, s.bake(ticket{id: "alicewonder", multiple: 3})))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Next(); err != nil {
		t.Fatal(err)
	}
	s.AIM().Fault("alicewonder", world.Reset, 1)
	if _, err := in.Next(); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: %v", err)
	}
}

// TestRestartOverTCP comes back on the same port.
func TestRestartOverTCP(t *testing.T) {
	s, address := listening(t, Options{})
	_, in, err := overTCP(t, address, wire.Bytes(wire.TagCookie, s.bake(ticket{id: "alicewonder", multiple: 0})))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := in.Next(); err != nil {
		t.Fatal(err)
	}
	if err := s.AIM().Restart(time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if frame, err := in.Next(); err != nil || !frame.Cut {
		t.Errorf("good-bye %+v %v", frame, err)
	}
	if _, err := in.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("then %v", err)
	}
	for end := time.Now().Add(20 * time.Second); ; {
		if _, _, err := overTCP(t, address); err == nil {
			return
		} else if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}
