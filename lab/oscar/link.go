package oscar

import (
	"net"
	"sync"

	"imgate/lab/line"
	"imgate/transports/oscar/wire"
)

const (
	// firstSeq is the sequence number of a server's first frame, as seen.
	firstSeq = 100
	// queueLimit is how many bytes may wait for a slow reader before it is cut off.
	queueLimit = 1 << 20
)

// A link is one FLAP connection. Sessions of others put frames into its queue.
type link struct {
	*line.Line
	in  *wire.FrameReader
	seq uint16 // of the next frame; only frame has it, one at a time
}

func newLink(conn net.Conn, wait *sync.WaitGroup) *link {
	return &link{Line: line.New(conn, wait, queueLimit), in: wire.NewFrameReader(conn), seq: firstSeq}
}

// frame queues a frame and counts it. What cannot be encoded is a mistake of this package and cuts the connection.
func (l *link) frame(ch wire.Channel, data []byte, cut bool) {
	l.Append(func(out []byte) ([]byte, error) {
		out, err := wire.AppendFrame(out, wire.Frame{Channel: ch, Seq: l.seq, Data: data, Cut: cut})
		l.seq++
		return out, err
	})
}

// snac queues a SNAC. What cannot be encoded is a mistake of this package and ends the connection.
func (l *link) snac(q wire.SNAC) {
	data, err := wire.Encode(q)
	if err != nil {
		l.Close(false)
		return
	}
	l.frame(wire.Data, data, false)
}
