package component

import (
	"net"
	"syscall"
)

// acknowledge gives what has the kernel acknowledge at once what was read from conn (tcp(7), TCP_QUICKACK); nil where
// conn is not TCP. Prosody writes with Nagle's algorithm: until we acknowledge a stanza it holds back the next
// small one, and the kernel delays an acknowledgement that no answer takes along by 40 ms. The option does not last:
// the kernel goes back to delays once something was written.
func acknowledge(conn net.Conn) func() {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	set := func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_QUICKACK, 1) } // a delay is no error
	return func() { _ = raw.Control(set) }
}
