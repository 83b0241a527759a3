package oscar_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"imgate/transports/oscar/wire"
)

// A machine is where a rough client has a file for somebody: at a port of its own, under the address that the server sees it at, or
// behind a pipe where there are no ports. It gives the file once.
type machine struct {
	head []byte
	body string

	listener net.Listener // nil: pipes
	gone     sync.WaitGroup

	mu   sync.Mutex // guards err
	err  error
	done bool
}

// machinePort is the same in all talks, since they tell it.
const machinePort = "25192"

// newMachine has a file to give, to who comes where conn comes from.
func newMachine(conn net.Conn, name, body string) (*machine, error) {
	var sum wire.OFTSum
	_, _ = sum.Write([]byte(body)) // never fails
	head, err := wire.AppendOFT(nil, wire.NewOFT(wire.OFTPrompt, []byte(name), uint32(len(body)), sum.Value()))
	m := &machine{head: head, body: body}
	at, tcp := conn.LocalAddr().(*net.TCPAddr)
	if err != nil || !tcp {
		return m, err
	}
	if m.listener, err = net.Listen("tcp", net.JoinHostPort(at.IP.String(), machinePort)); err != nil {
		return nil, err
	}
	m.gone.Go(func() {
		if conn, err := m.listener.Accept(); err == nil {
			m.serve(conn)
		}
	})
	return m, nil
}

// serve gives the file.
func (m *machine) serve(conn net.Conn) {
	defer conn.Close()
	err := m.give(conn)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err, m.done = err, true
}

func (m *machine) give(conn net.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := conn.Write(m.head); err != nil {
		return err
	}
	if ack, err := wire.ReadOFT(conn); err != nil || ack.Type != wire.OFTAck {
		return errors.Join(errors.New("the file is not wanted"), err)
	}
	if _, err := conn.Write([]byte(m.body)); err != nil {
		return err
	}
	if done, err := wire.ReadOFT(conn); err != nil || done.Type != wire.OFTDone || int(done.Received) != len(m.body) {
		return errors.Join(errors.New("the file has not come"), err)
	}
	return nil
}

// stop ends a machine, and says what went wrong with its file.
func (m *machine) stop() error {
	if m.listener != nil {
		_ = m.listener.Close() // it may have had its one guest
	}
	m.gone.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil && !m.done {
		return errors.New("nobody came for the file")
	}
	return m.err
}

// toMachines is dial, where what goes to the port of machines goes to that of a rough client.
func (o *roughs) toMachines(dial dialer) dialer {
	return func(ctx context.Context, address string) (net.Conn, error) {
		if !strings.HasSuffix(address, ":"+machinePort) {
			return dial(ctx, address)
		}
		for _, r := range o.all {
			if m := r.machine; m != nil {
				ours, theirs := net.Pipe()
				m.gone.Go(func() { m.serve(theirs) })
				return ours, nil
			}
		}
		return nil, errors.New("no machine has a file")
	}
}
