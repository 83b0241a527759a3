package ymsg

import (
	"time"

	"imgate/transports/ymsg/wire"
)

// The pace of asking after the server. A server that tells when (12, key 144) is asked twice as often.
const (
	firstBeat   = time.Minute
	slowestBeat = 5 * time.Minute
	pulseWithin = time.Minute // for the answer
)

// A pulse sees to it that the server hears of us, and that we find out when it is gone: 8A as often as the server wants in
// key 144, and 12 as in key 143. Only a server that has answered an 8A is taken for dead when it does not: not all need do so.
type pulse struct {
	every, config        time.Duration // between two 8A, and two 12; 0: none
	nextBeat, nextConfig time.Time
	asked                time.Time // the 8A that has no answer yet; zero: none
	answers              bool
}

func (p *pulse) begin(now time.Time) {
	p.nextBeat = now.Add(firstBeat)
	if p.every == 0 {
		p.every = firstBeat
	}
	if p.config > 0 {
		p.nextConfig = now.Add(p.config)
	}
}

// heard notes that the server is there.
func (p *pulse) heard(service wire.Service) {
	p.asked = time.Time{}
	if service == wire.Ping {
		p.answers = true
	}
}

// beat says what is due, and tells what is next.
func (p *pulse) beat(s *session, now time.Time) time.Time {
	if !now.Before(p.nextBeat) {
		p.nextBeat = now.Add(p.every)
		if p.answers && p.asked.IsZero() {
			p.asked = now
		}
		s.mention(wire.Ping, wire.Available, wire.Fields{wire.Text(wire.KeyUser, s.me), wire.Text(wire.KeyMe, s.me)})
	}
	if !p.nextConfig.IsZero() && !now.Before(p.nextConfig) {
		p.nextConfig = now.Add(p.config)
		s.mention(wire.PingConfig, wire.Available, nil)
	}
	next := p.nextBeat
	if !p.asked.IsZero() && p.asked.Add(pulseWithin).Before(next) {
		next = p.asked.Add(pulseWithin)
	}
	return next
}

// pardon gives the server its time to answer once more.
func (p *pulse) pardon(now time.Time) {
	if !p.asked.IsZero() {
		p.asked = now
	}
}

// silent is the error of a server that no longer answers.
func (p *pulse) silent(now time.Time) error {
	if !p.asked.IsZero() && !now.Before(p.asked.Add(pulseWithin)) {
		return errNoAnswer
	}
	return nil
}

// maxMinutes bounds what a server may want: a week.
const maxMinutes = 7 * 24 * 60

// configured takes the server's ping configuration (12).
func (s *session) configured(p wire.Packet) error {
	if n, ok := p.Fields.Number(wire.KeyChatMinutes); ok && n > 0 && n <= maxMinutes {
		s.pulse.every = min(max(time.Duration(n)*time.Minute/2, firstBeat), slowestBeat)
	}
	if n, ok := p.Fields.Number(wire.KeyPingMinutes); ok && n > 0 && n <= maxMinutes {
		s.pulse.config = time.Duration(n) * time.Minute
		if s.pulse.nextConfig.IsZero() {
			s.pulse.nextConfig = time.Now().Add(s.pulse.config)
		}
	}
	return nil
}
