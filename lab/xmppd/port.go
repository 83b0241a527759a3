package xmppd

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports that nobody asked for are taken from below those that the kernel gives to outgoing connections (on
// Linux 32768 and up): one of those could be gone again before the server has it, or while it restarts.
const (
	lowestPort  = 12000
	highestPort = 32000
	portTries   = 50
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
		l, err := listen(ip, *p)
		if err != nil {
			return fmt.Errorf("xmppd: %w", err)
		}
		defer l.Close() // after the last, so that no two are the same
		*p = l.Addr().(*net.TCPAddr).Port
	}
	return nil
}

// listen listens on a port, or for 0 on any that is free.
func listen(ip string, port int) (l net.Listener, err error) {
	if port != 0 {
		return net.Listen("tcp", net.JoinHostPort(ip, strconv.Itoa(port)))
	}
	for range portTries {
		l, err = net.Listen("tcp", net.JoinHostPort(ip, strconv.Itoa(lowestPort+rand.IntN(highestPort-lowestPort))))
		if err == nil {
			return l, nil
		}
	}
	return nil, err
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
