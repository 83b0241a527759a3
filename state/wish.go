package state

// What the user and the administrator want.

func (m *Machine) onWanted() {
	m.wanted = true
	switch m.snap.State {
	case Start:
		if m.snap.Policy == ByHand {
			m.rest()
			return
		}
		m.dialSoon()
	case IntentionallyOffline:
		if m.snap.Reason == Presence {
			m.dialSoon()
		}
	}
}

func (m *Machine) onUnwanted() {
	m.wanted = false
	if m.snap.Policy == Always {
		if m.snap.State == Start {
			m.dialSoon()
		}
		return
	}
	switch m.snap.State {
	case Start, TryingToConnect, Online:
		m.rest()
	}
}

func (m *Machine) onReconnect() {
	switch m.snap.State {
	case TryingToConnect:
		if m.running() {
			m.do(Answer{AlreadyTrying})
			return
		}
	case Disabled:
		if m.snap.Reason == Admin {
			m.do(Answer{AdminOnly})
			return
		}
	}
	m.resetSchedule()
	switch m.snap.State {
	case BadAuth, Disabled, IntentionallyOffline:
		if !m.asked() {
			m.whenAvailable()
			return
		}
	}
	m.do(Answer{Connecting})
	m.dialNow()
}

// promote makes the last save durable: an explicit wish is stored before it is answered.
func (m *Machine) promote() {
	for i := len(m.out) - 1; i >= 0; i-- {
		if s, ok := m.out[i].(Save); ok {
			s.Durable = true
			m.out[i] = s
			return
		}
	}
}

func (m *Machine) onCredentials(in Credentials) {
	switch {
	case in.Fresh:
		m.snap.Trial = nil
	case m.snap.Trial == nil:
		m.snap.Trial = &Trial{m.snap.State, m.snap.Reason, m.snap.Text}
	}
	switch m.snap.State {
	case Start, IntentionallyOffline:
		m.save(true)
	case TryingToConnect, Online:
		m.dialNow()
		m.promote()
	case BadAuth, Disabled:
		m.newCredentialsAtRest()
	}
}

func (m *Machine) newCredentialsAtRest() {
	if m.snap.Reason == Admin {
		m.save(true)
		m.do(Answer{AdminOnly})
		return
	}
	m.resetSchedule()
	if !m.asked() {
		m.whenAvailable()
		return
	}
	m.do(Answer{Connecting})
	m.dialNow()
	m.promote()
}

// whenAvailable waits for the user; also under ByHand, where the wish stands until then.
func (m *Machine) whenAvailable() {
	m.do(Answer{WhenAvailable})
	if m.snap.State == IntentionallyOffline && m.snap.Reason == Presence {
		return
	}
	m.enter(IntentionallyOffline, Presence, "")
	m.promote()
}

func (m *Machine) onSignOff() {
	if m.snap.State == Disabled && m.snap.Reason == Admin {
		return
	}
	if m.snap.State == IntentionallyOffline && m.snap.Reason == SignedOff {
		return
	}
	m.enter(IntentionallyOffline, SignedOff, "")
}

func (m *Machine) onDisable(in Disable) { m.enter(Disabled, Admin, in.Text) }

func (m *Machine) onEnable() {
	if m.snap.State != Disabled || m.snap.Reason != Admin && m.snap.Reason != Broken {
		return
	}
	m.resetSchedule()
	if m.wants() {
		m.dialSoon()
	} else {
		m.rest()
	}
	m.promote()
}

func (m *Machine) onPolicy(in SetPolicy) {
	m.snap.Policy = in.Policy
	m.save(true)
	switch m.snap.State {
	case IntentionallyOffline:
		m.policyWhileOff()
	case Start:
		if in.Policy == Always {
			m.dialSoon()
		}
	case TryingToConnect, Online:
		if in.Policy == FollowPresence && !m.wanted {
			m.rest()
		}
	}
}

func (m *Machine) policyWhileOff() {
	switch {
	case m.snap.Reason == SignedOff:
	case m.wants():
		m.dialSoon()
	default:
		m.rest()
	}
}

func (m *Machine) onLinkLost() {
	switch m.snap.State {
	case TryingToConnect, Online:
		next := m.snap.NextAttempt
		m.hangUp()
		m.become(Start, "", "")
		m.snap.NextAttempt = next
		m.save(false)
		m.do(Announce{m.snap})
	}
}

// onLinkBack only helps those whom no probe will move.
func (m *Machine) onLinkBack() {
	if m.snap.State == Start && m.snap.Policy == Always {
		m.dialSoon()
	}
}
