package xmppd

import (
	"fmt"
	"net"
	"strconv"

	"imgate/lab/line"
)

// FreePort is a port of 127.0.0.1 that is free, for who must know it before there is a server, and stays so until it is released.
func FreePort() (port int, claim *line.Claim, err error) {
	claims, err := freePorts("127.0.0.1", &port)
	if err != nil {
		return 0, nil, err
	}
	return port, claims[0], nil
}

// freePorts sets the ports that are 0 to free ones of ip, claims these, and checks that the others are free: Prosody itself goes
// on without a port that is taken.
func freePorts(ip string, ports ...*int) (claims []*line.Claim, err error) {
	for _, p := range ports {
		l, claim, err := line.Listen(net.JoinHostPort(ip, strconv.Itoa(*p)))
		if err != nil {
			release(claims)
			return nil, fmt.Errorf("xmppd: %w", err)
		}
		claims = append(claims, claim)
		*p = l.Addr().(*net.TCPAddr).Port
		if err := l.Close(); err != nil {
			release(claims)
			return nil, fmt.Errorf("xmppd: %w", err)
		}
	}
	return claims, nil
}

func release(claims []*line.Claim) {
	for _, c := range claims {
		c.Release()
	}
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
