package oscar_test

import (
	"io"
	"net"
	"time"
)

// tooMany is more sign-ons than a server lets one address try at once.
const tooMany = 15

// sayHello reports whether the server refuses a sign-on before it is asked for anything.
func sayHello(conn net.Conn) (refused bool, err error) {
	hello := []byte{0x2A, 1, 0, 0, 0, 4, 0, 0, 0, 1}
	if _, err := conn.Write(hello); err != nil {
		return false, err
	}
	if _, err := io.ReadFull(conn, make([]byte, len(hello))); err != nil {
		return false, err
	}
	if err := conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond)); err != nil {
		return false, err
	}
	n, _ := conn.Read(make([]byte, len(hello)))
	return n > 0, nil
}
