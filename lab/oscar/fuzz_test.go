package oscar

import (
	"net"
	"testing"
	"time"

	"imgate/transports/oscar/wire"
)

// FuzzConnection says anything to a server: as a hello, as a session's SNACs. Nothing makes it panic or hang.
func FuzzConnection(f *testing.F) {
	snac := func(k wire.Kind, body wire.Body) []byte {
		q, _ := wire.NewSNAC(k, 1, body)
		data, _ := wire.Encode(q)
		b, _ := wire.AppendFrame(nil, wire.Frame{Channel: wire.Data, Data: data})
		return b
	}
	f.Add(false, []byte("\x2a\x01\x00\x01\x00\x04\x00\x00\x00\x01"))
	f.Add(false, snac(wire.KeyRequest, wire.TLVs{wire.String(wire.TagName, "alicewonder")}))
	f.Add(true, []byte("GET / HTTP/1.1\r\n\r\n"))
	for k := range handlers {
		f.Add(true, snac(k, nil))
	}
	f.Add(true, snac(wire.ICBMSend, message("echobot", "hi", wire.Flag(wire.MessageAck), wire.Flag(wire.MessageStore))))
	f.Add(true, snac(wire.FeedbagInsert, wire.Items{{Name: "echobot", Group: 1, ID: 99}}))
	f.Add(true, snac(wire.SetInfo, wire.TLVs{wire.String(wire.InfoAway, "x")}))
	s := New(Options{})
	f.Cleanup(s.Close)
	f.Fuzz(func(t *testing.T, aboard bool, b []byte) {
		ours, theirs := net.Pipe()
		done := make(chan struct{})
		go func() { defer close(done); s.ServeConn(theirs) }()
		go func() {
			buf := make([]byte, 4096)
			for {
				if _, err := ours.Read(buf); err != nil {
					return
				}
			}
		}()
		if aboard {
			hello, _ := wire.Encode(wire.Hello{Version: 1, TLVs: wire.TLVs{
				wire.Bytes(wire.TagCookie, s.bake(ticket{id: "alicewonder", multiple: wire.MultipleSingle})),
			}})
			frame, _ := wire.AppendFrame(nil, wire.Frame{Channel: wire.SignOn, Data: hello})
			ours.Write(append(frame, snac(wire.ClientReady, nil)...))
		}
		ours.SetWriteDeadline(time.Now().Add(5 * time.Second))
		ours.Write(b)
		ours.Close()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			t.Fatal("the connection hangs")
		}
	})
}
