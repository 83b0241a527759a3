package line

import (
	"errors"
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

// A Claim keeps a port for a server that is not there yet, or not while it restarts: Listen gives it to nobody else meanwhile, in
// this process or another. It is the UDP port of the same number, which no server of the lab needs. A nil Claim keeps nothing.
type Claim struct{ held net.PacketConn }

// Release lets others have the port.
func (c *Claim) Release() {
	if c != nil {
		_ = c.held.Close() // a second time does nothing
	}
}

// Listen listens at a TCP address; for port 0, on any port that is free, and claims it. Of a port that was asked for there is no claim.
func Listen(address string) (net.Listener, *Claim, error) {
	ip, port, err := net.SplitHostPort(address)
	if err != nil || port != "0" {
		l, err := net.Listen("tcp", address) // which says what is wrong
		return l, nil, err
	}
	var wrong error
	for range portTries {
		at := net.JoinHostPort(ip, strconv.Itoa(lowestPort+rand.IntN(highestPort-lowestPort)))
		held, err := net.ListenPacket("udp", at)
		if err != nil {
			wrong = err
			continue
		}
		l, err := net.Listen("tcp", at)
		if err == nil {
			return l, &Claim{held}, nil
		}
		wrong = errors.Join(err, held.Close())
	}
	return nil, nil, wrong
}
