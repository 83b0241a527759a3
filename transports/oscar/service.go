package oscar

import (
	"context"
	"fmt"
	"slices"
	"time"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// Some families are served on connections of their own, to which BOS refers (SNAC 01/04, 01/05): the pictures, the
// directory, the making of rooms, and each room.

const (
	serviceTime = 2 * stepTimeout // from asking for a service until it is ready
	serviceIdle = time.Minute     // without a question, after which the connection is closed
	maxTodo     = 100             // questions that wait until it is ready
)

// A stage is how far a service has come.
type stage uint8

const (
	serviceOpening stage = iota
	serviceReady
	serviceClosed
)

// A service is a connection besides BOS. All of it belongs to the goroutine of Run.
type service struct {
	dialogue
	family uint16
	room   *room // of family 0E
	stage  stage
	until  time.Time // opening: when it must be ready; ready: when it has been idle for long enough
	cookie []byte
	todo   []call
	gone   chan struct{} // closed with the service
	cancel context.CancelFunc
}

// A call is a request that waits for its service.
type call struct {
	request request
	body    wire.Body
}

// services are those of a session.
type services struct {
	all  []*service
	in   chan *arrival                      // what all of them hear; nil until there is one
	dial func(svc *service, address string) // connects in the background
	port string                             // where a service is that names no port
}

// dialer makes services.dial.
func (s *session) dialer(ctx context.Context) func(*service, string) {
	return func(svc *service, address string) {
		ctx, cancel := context.WithTimeout(ctx, stepTimeout)
		svc.cancel = cancel
		in := s.services.in
		s.env.Go("oscar service", func() {
			conn, err := s.env.Dial(ctx, address)
			l := &link{conn: conn, start: s.env.Go, in: in, done: svc.gone, service: svc}
			select {
			case in <- &arrival{service: svc, link: l, err: err}:
			case <-svc.gone:
				if err == nil {
					_ = conn.Close() // nobody wants it any more
				}
				return
			}
			if err == nil {
				l.read()
			}
		})
	}
}

// askService asks the service of a family, which is opened if need be. The error is as that of ask.
func (s *session) askService(family uint16, r request, body wire.Body) error {
	r.id = s.nextID()
	for _, svc := range s.services.all {
		if svc.family == family && svc.room == nil {
			return s.askAt(svc, r, body)
		}
	}
	svc := &service{family: family}
	if err := s.openService(svc, nil); err != nil {
		return err
	}
	return s.askAt(svc, r, body)
}

func (s *session) askAt(svc *service, r request, body wire.Body) error {
	if svc.stage == serviceReady {
		svc.until = time.Now().Add(serviceIdle)
		return svc.ask(r, body)
	}
	if len(svc.todo) >= maxTodo {
		return transports.ErrBusy
	}
	svc.todo = append(svc.todo, call{r, body})
	return nil
}

// openService asks BOS where a service is.
func (s *session) openService(svc *service, about wire.TLVs) error {
	if s.services.dial == nil {
		return transports.ErrUnsupported
	}
	err := s.ask(wire.ServiceRequest, wire.ServiceWanted{Family: svc.family, TLVs: about}, wire.ServiceReply,
		func(s *session, answer wire.SNAC, err error) { s.referred(svc, answer, err) })
	if err != nil {
		return err
	}
	if s.services.in == nil {
		s.services.in = make(chan *arrival)
	}
	svc.until = time.Now().Add(serviceTime)
	svc.gone = make(chan struct{})
	svc.lanes = newLanes(wire.Rates{}, time.Now())
	if svc.room == nil {
		svc.lanes = s.lanes.shared() // it is counted as part of the session on BOS
	}
	s.services.all = append(s.services.all, svc)
	return nil
}

// referred takes SNAC 01/05: where the service is, and the cookie for it.
func (s *session) referred(svc *service, answer wire.SNAC, err error) {
	if svc.stage == serviceClosed {
		return
	}
	var tlvs wire.TLVs
	if err == nil {
		tlvs, err = wire.Decode[wire.TLVs](answer.Body)
	}
	server, cookie := tlvs.String(wire.TagServer), []byte(tlvs.String(wire.TagCookie))
	if err == nil && (server == "" || len(cookie) == 0) {
		err = fmt.Errorf("%w: the server names no place for family %02X", transports.ErrUnsupported, svc.family)
	}
	if err != nil {
		s.closeService(svc, err)
		return
	}
	svc.cookie = cookie
	s.services.dial(svc, withPort(server, s.services.port))
}

// hearsServices is where services are heard, unless too much has not been received.
func (s *session) hearsServices() <-chan *arrival {
	if len(s.events) >= maxHeld {
		return nil
	}
	return s.services.in
}

// served takes what a service's connection has brought.
func (s *session) served(a *arrival) {
	svc := a.service
	switch {
	case svc.stage == serviceClosed:
		if a.link != nil && a.err == nil {
			_ = a.link.conn.Close() // its reader ends with svc.gone
		}
	case a.err != nil:
		s.log.Debug("a service is gone", "family", svc.family, "err", a.err)
		s.closeService(svc, fmt.Errorf("%w: %w", transports.ErrNoAnswer, a.err))
	case a.link != nil:
		s.greet(svc, a.link)
	case a.wrote:
		svc.link.writing = false
		svc.written(s)
	default:
		svc.heard = time.Now()
		s.hear(svc, a.frame)
	}
}

// greet shows the cookie.
func (s *session) greet(svc *service, l *link) {
	svc.link = l
	data, err := wire.Encode(wire.Hello{Version: 1, TLVs: wire.TLVs{wire.Bytes(wire.TagCookie, svc.cookie)}})
	if err == nil {
		data, err = l.frame(nil, wire.SignOn, data)
	}
	if err != nil {
		s.closeService(svc, transports.ErrInvalid)
		return
	}
	svc.heard = time.Now()
	svc.nextBeat = svc.heard.Add(keepAliveEvery)
	l.write(data)
}

// hear takes a frame.
func (s *session) hear(svc *service, f wire.Frame) {
	switch f.Channel {
	case wire.SignOff:
		s.closeService(svc, fmt.Errorf("%w: the server has ended it", transports.ErrNoAnswer))
		return
	case wire.Data:
	default:
		return
	}
	snac, err := wire.ReadSNAC(f.Data)
	if err != nil {
		s.closeService(svc, fmt.Errorf("%w: %w", transports.ErrNoAnswer, err))
		return
	}
	switch {
	case svc.answered(s, snac.Request, snac):
	case snac.Kind == wire.HostFamilies && svc.stage == serviceOpening:
		s.agreeAt(svc)
	case snac.Kind == wire.RateChange:
		if c, err := wire.Decode[wire.RateChanged](snac.Body); err == nil {
			svc.lanes.changed(c)
		}
	case svc.room != nil:
		s.roomSNAC(svc, snac)
	default:
		s.log.Debug("SNAC passed over", "snac", snac.Kind.String(), "family", svc.family)
	}
}

// agreeAt settles versions and rates, and is ready then (SNAC 01/17, 01/06, 01/08, 01/02).
func (s *session) agreeAt(svc *service) {
	var versions wire.Versions
	var families wire.ReadyFamilies
	for _, f := range []uint16{wire.FamilyService, svc.family} {
		v := wire.ReadyFamily{Family: f, Version: 1, Tool: 0x0110, ToolVersion: 0x0629}
		if f == wire.FamilyService {
			v.Version = 4
		}
		families = append(families, v)
		versions = append(versions, wire.Version{Family: v.Family, Version: v.Version})
	}
	s.askHere(svc, wire.ClientVersions, versions, wire.HostVersions, func(wire.SNAC) {
		s.askHere(svc, wire.RateQuery, nil, wire.RateReply, func(answer wire.SNAC) {
			var classes wire.Words
			rates, err := wire.Decode[wire.Rates](answer.Body)
			for _, c := range rates.Classes {
				classes = append(classes, c.ID)
			}
			if err == nil && svc.room != nil {
				svc.lanes = newLanes(rates, time.Now())
			}
			s.askHere(svc, wire.RateAck, classes, 0, nil)
			s.askHere(svc, wire.ClientReady, families, 0, func(wire.SNAC) { s.serviceReady(svc) })
		})
	})
}

// askHere asks a service something without which it is of no use.
func (s *session) askHere(svc *service, kind wire.Kind, body wire.Body, reply wire.Kind, then func(wire.SNAC)) {
	r := request{kind: kind, id: s.nextID(), reply: reply}
	if then != nil {
		r.finish = func(s *session, answer wire.SNAC, err error) {
			switch {
			case svc.stage == serviceClosed:
			case err != nil:
				s.closeService(svc, err)
			default:
				then(answer)
			}
		}
	}
	if err := svc.ask(r, body); err != nil {
		s.closeService(svc, err)
	}
}

// serviceReady asks what has waited.
func (s *session) serviceReady(svc *service) {
	svc.stage = serviceReady
	svc.until = time.Now().Add(serviceIdle)
	todo := svc.todo
	svc.todo = nil
	for _, c := range todo {
		if err := svc.ask(c.request, c.body); err != nil && c.request.finish != nil {
			c.request.finish(s, wire.SNAC{}, err)
		}
	}
}

// prepareServices begins to write what may be written, closes what is of no use any more, and tells when there is
// something to do next; zero: nothing.
func (s *session) prepareServices(now time.Time) (next time.Time) {
	sooner := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, svc := range slices.Clone(s.services.all) {
		sooner(svc.expire(s, now))
		switch {
		case svc.stage == serviceClosed:
			continue
		case svc.room == nil || svc.stage == serviceOpening || !svc.room.joined:
			if !now.Before(svc.until) {
				s.closeService(svc, transports.ErrNoAnswer)
				continue
			}
			sooner(svc.until)
		}
		if svc.link == nil || svc.link.writing {
			continue
		}
		if !now.Before(svc.nextBeat) {
			s.beat(&svc.dialogue, now)
			continue
		}
		sooner(svc.nextBeat)
		sooner(svc.fill(now))
	}
	return next
}

// closeService ends a service; err answers what was asked of it.
func (s *session) closeService(svc *service, err error) {
	if svc.stage == serviceClosed {
		return
	}
	svc.close()
	s.services.all = slices.DeleteFunc(slices.Clone(s.services.all), func(other *service) bool { return other == svc })
	svc.fail(s, err)
	todo := svc.todo
	svc.todo = nil
	for _, c := range todo {
		if c.request.finish != nil {
			c.request.finish(s, wire.SNAC{}, err)
		}
	}
	if svc.room != nil {
		s.roomClosed(svc.room, err)
	}
}

// close hangs up, without a word: that is how one leaves.
func (svc *service) close() {
	svc.stage = serviceClosed
	close(svc.gone)
	if svc.cancel != nil {
		svc.cancel()
	}
	if svc.link != nil {
		_ = svc.link.conn.Close()
	}
}

// hangUp ends all services with the session.
func (l *services) hangUp() {
	for _, svc := range l.all {
		svc.close()
	}
	l.all = nil
}
