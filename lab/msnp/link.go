package msnp

import (
	"net"
	"sync"

	"imgate/lab/line"
	"imgate/transports/msnp/wire"
)

// queueLimit is how many bytes may wait for a slow reader before it is cut off.
const queueLimit = 8 << 20

// A link is one connection. Others' sessions put commands into its queue.
type link struct {
	*line.Line
	in *wire.Reader
}

func newLink(conn net.Conn, wait *sync.WaitGroup) *link {
	return &link{line.New(conn, wait, queueLimit), wire.NewReader(conn, wire.FromClient)}
}

// say queues a command.
func (l *link) say(c wire.Command) { l.Raw(c.Append(nil)) }
