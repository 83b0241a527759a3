package oscar_test

import (
	"context"
	"fmt"
	"net"

	"imgate/transports/transporttest"
)

type dialer = func(ctx context.Context, address string) (net.Conn, error)

// roughs are the users beside the one whose talk it is who have a client of other days.
type roughs struct {
	server string
	dial   dialer
	all    map[string]*rough
}

func newRoughs(server string, dial dialer) *roughs {
	return &roughs{server, dial, map[string]*rough{}}
}

// lines are what they add to those of others.
func (o *roughs) lines() map[string]func(name, words string) error {
	return map[string]func(name, words string) error{"rough": o.play}
}

// play plays "bobwonder rough on", "bobwonder rough warn alicewonder" and the like, "bobwonder rough off".
func (o *roughs) play(name, words string) (err error) {
	switch r := o.all[name]; {
	case words == "on":
		o.all[name], err = newRough(name, o.server, o.dial)
		return err
	case r == nil:
		return fmt.Errorf("%s is not signed on", name)
	case words == "off":
		r.leave()
		delete(o.all, name)
		return nil
	default:
		return r.does(words)
	}
}

func (o *roughs) leave() {
	for _, r := range o.all {
		r.leave()
	}
}

// roleIn is a session of somebody in a talk.
func roleIn(talk, name, server string, dial dialer) transporttest.Role {
	part := role(name, passwordIn(talk), server, dial)
	part.Settings = settingsIn(talk, server)
	return part
}
