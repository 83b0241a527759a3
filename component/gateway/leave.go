package gateway

import (
	"maps"
	"time"

	"imgate/registry"
	"imgate/xmltree"
	"imgate/xmpp"
)

// Leave of the user to manage the roster (XEP-0321), where the server grants nothing of itself: the server puts the
// question to the user, and tells the answer. It is asked once for each registration, before contacts are put to the
// user one by one.

// leaveWait is how long nobody is asked about contacts while the user has the question.
const leaveWait = 2 * time.Minute

// settingLeave is where it is kept how the user has answered; it is in no form.
const settingLeave = "remote-roster"

const (
	leaveAsked    = "asked"
	leaveGiven    = "allowed"
	leaveRejected = "rejected"
)

// leaveOf is the grant of a user who has given leave; nil: none.
func leaveOf(settings map[string]string) *grant {
	if settings[settingLeave] != leaveGiven {
		return nil
	}
	return &grant{Privilege: xmpp.Privilege{GetRoster: true, SetRoster: true}}
}

// asksLeave asks, where it was not asked yet; true: an answer of the user's is waited for. Servers that do not know
// the question refuse it at once, and the user sees nothing of it.
func (a *account) asksLeave() bool {
	if !a.due.leave.IsZero() {
		return true
	}
	if a.asks.leave || a.reg.Settings[settingLeave] != "" || !a.reg.Subs.From || a.privileges() != nil || len(a.resources) == 0 {
		return false
	}
	a.asks.leave = true
	query := xmltree.New(xmpp.RosterManageSpace, "query").SetAttr("type", "request").SetAttr("reason", textWhyManage(a.svc.title()).In(a.tongue()))
	a.demand(xmpp.SetIQ, a.user, query, rosterWait, func(q *xmpp.IQ) {
		if q == nil || q.Type != xmpp.ResultIQ {
			return
		}
		a.setLeave(leaveAsked)
		a.due.leave = time.Now().Add(leaveWait)
		a.tryLeave()
	})
	return false
}

// tryLeave reads the roster: a server that has been told to allow it says no more than that it has taken the
// question.
func (a *account) tryLeave() {
	a.inquire(a.user, xmltree.New(xmpp.RosterSpace, "query"), rosterWait, func(q *xmpp.IQ) {
		if q != nil && q.Type == xmpp.ResultIQ {
			a.setLeave(leaveGiven)
		}
	})
}

func (a *account) setLeave(how string) {
	settings := maps.Clone(a.reg.Settings)
	if settings == nil {
		settings = map[string]string{}
	}
	if settings[settingLeave] = how; how == "" {
		delete(settings, settingLeave)
	}
	a.reg.Settings, a.permit = settings, leaveOf(settings)
	a.store(a.logStore, registry.SetSettings{Key: a.key, Settings: maps.Clone(settings)})
	a.publish()
	if how != leaveAsked {
		a.due.leave = time.Time{}
		a.rosterChanged()
	}
}

// onLeave takes the user's answer from the server: only it can send from the bare address.
func (a *account) onLeave(q xmpp.IQ) {
	how := q.Query().Attr("type")
	switch {
	case q.From.Resource != "" || a.reg.Settings[settingLeave] == "":
		a.fail(q, xmpp.NotAllowed, "This was not asked for.")
	case how == leaveGiven:
		a.send(q.Result())
		a.setLeave(leaveGiven)
	case how == leaveRejected, how == "reject":
		a.send(q.Result())
		a.setLeave(leaveRejected)
	default:
		a.fail(q, xmpp.BadRequest, "")
	}
}
