package state

import (
	"time"

	"imgate/transports"
)

// What attempts and sessions tell.

func (m *Machine) onDue() {
	if m.snap.State != TryingToConnect || m.snap.NextAttempt.IsZero() || m.now.Before(m.snap.NextAttempt) {
		return
	}
	m.snap.NextAttempt = time.Time{}
	m.dial()
	m.save(false)
	m.do(Announce{m.snap})
}

// onDeferred puts an attempt that the gate held back into waiting again, or moves the instant of one that
// waits.
func (m *Machine) onDeferred(in Deferred) {
	switch {
	case m.live == 0:
		if m.snap.State == TryingToConnect && !m.snap.NextAttempt.IsZero() && in.Number == 0 {
			m.waitUntil(in.Until)
		}
	case in.Number != m.live:
	case m.hung: // it never began, so it has ended
		m.onEnded(Ended{Number: in.Number})
	case m.snap.State == TryingToConnect:
		m.live = 0
		m.waitUntil(in.Until)
	}
}

func (m *Machine) onSignedOn(in HasSignedOn) {
	if in.Number != m.live || m.hung || m.snap.State != TryingToConnect {
		return
	}
	m.become(Online, "", "")
	m.snap.LastOnline = m.now
	proven := m.snap.Trial != nil
	m.snap.Trial = nil
	if proven {
		m.do(Prove{})
	}
	m.save(proven)
	m.do(Announce{m.snap})
}

func (m *Machine) onEnded(in Ended) {
	if in.Number == 0 || in.Number != m.live {
		return
	}
	hung := m.hung
	m.live, m.hung = 0, false
	if m.again {
		m.dial()
		return
	}
	if hung || m.snap.State != TryingToConnect && m.snap.State != Online {
		return
	}
	f := in.Failure
	if f == nil {
		f = &transports.Failure{Kind: transports.Broken, Text: "the session ended without a reason"}
	}
	m.remember(f)
	if m.snap.State == Online {
		m.snap.LastOnline = m.now
		if m.now.Sub(m.snap.Since) >= m.cfg.Stable {
			m.resetSchedule()
		}
	}
	m.failed(f)
}

func (m *Machine) failed(f *transports.Failure) {
	switch f.Kind {
	case transports.BadCredentials:
		if m.snap.Trial != nil {
			m.takeBack(f)
			return
		}
		m.enter(BadAuth, "", f.Text)
	case transports.Replaced:
		m.do(TellOtherLocation{})
		m.enter(Disabled, OtherLocation, f.Text)
	case transports.Refused:
		m.enter(Disabled, Refused, f.Text)
	case transports.Suspended:
		m.enter(Disabled, Suspended, f.Text)
	case transports.Broken:
		m.snap.BrokenInRow++
		if m.snap.BrokenInRow >= brokenLimit {
			m.enter(Disabled, Broken, f.Text)
			return
		}
		m.retry(f)
	default:
		m.retry(f)
	}
}

// retry schedules the next attempt; a wait that the network gave is a floor.
func (m *Machine) retry(f *transports.Failure) {
	m.snap.Attempt++
	wait := max(m.cfg.spread(m.series.NextBackOff()), f.After)
	if f.After > 0 {
		m.snap.NotBefore = m.now.Add(f.After)
	}
	m.become(TryingToConnect, "", f.Text)
	m.waitUntil(m.now.Add(wait))
}

// takeBack returns to the credentials and the state from before a trial.
func (m *Machine) takeBack(f *transports.Failure) {
	before := *m.snap.Trial
	m.snap.Trial = nil
	m.do(TakeBack{f.Text})
	switch before.State {
	case BadAuth, Disabled:
		m.enter(before.State, before.Reason, before.Text)
		return
	}
	if !m.asked() {
		m.rest()
		return
	}
	m.dialSoon()
}
