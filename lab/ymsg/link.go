package ymsg

import (
	"net"
	"sync"

	"imgate/lab/line"
	"imgate/transports/ymsg/wire"
)

// queueLimit is how many bytes may wait for a slow reader before it is cut off.
const queueLimit = 1 << 20

// A link is one connection. Sessions of others put packets into its queue.
type link struct {
	*line.Line
	in *wire.Reader
}

func newLink(conn net.Conn, wait *sync.WaitGroup) *link {
	return &link{line.New(conn, wait, queueLimit), wire.NewReader(conn)}
}

// say queues a packet as the server sends them: without a version. One that cannot be written is left out, as by Escargot.
func (l *link) say(service wire.Service, status wire.Status, fields ...wire.Field) {
	b, err := wire.AppendPacket(nil, wire.Packet{Service: service, Status: status, Fields: fields})
	if err != nil {
		return
	}
	l.Raw(b)
}
