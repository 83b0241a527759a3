package xmppd

import (
	"fmt"
	"net"
	"strconv"

	"imgate/lab/line"
)

// FreePort is a port of 127.0.0.1 that is free, for who must know it before there is a server.
func FreePort() (int, error) {
	var port int
	err := freePorts("127.0.0.1", &port)
	return port, err
}

// freePorts sets the ports that are 0 to free ones of ip, and checks that the others are free: Prosody itself goes
// on without a port that is taken.
func freePorts(ip string, ports ...*int) error {
	for _, p := range ports {
		l, err := line.Listen(net.JoinHostPort(ip, strconv.Itoa(*p)))
		if err != nil {
			return fmt.Errorf("xmppd: %w", err)
		}
		defer l.Close() // after the last, so that no two are the same
		*p = l.Addr().(*net.TCPAddr).Port
	}
	return nil
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
