package line

import (
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports that nobody asked for are taken from below those that the kernel gives to outgoing connections (on
// Linux 32768 and up): one of those could be gone again before a server has it, or while it restarts.
const (
	lowestPort  = 12000
	highestPort = 32000
	portTries   = 50
)

// Listen listens at a TCP address; for port 0, on any port that is free and stays so while nobody listens on it.
func Listen(address string) (l net.Listener, err error) {
	ip, port, err := net.SplitHostPort(address)
	if err != nil || port != "0" {
		return net.Listen("tcp", address) // which says what is wrong
	}
	for range portTries {
		if l, err = net.Listen("tcp", net.JoinHostPort(ip, strconv.Itoa(lowestPort+rand.IntN(highestPort-lowestPort)))); err == nil {
			return l, nil
		}
	}
	return nil, err
}
