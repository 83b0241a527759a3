package gateway

import (
	"strings"

	"imgate/transports"
	"imgate/xmpp"
)

// What users say of themselves besides presence: that they are not to be seen, and how they are called.

// onInvisible hides a client, or shows it again (XEP-0186, here for one gateway).
func (a *account) onInvisible(q xmpp.IQ) {
	r, known := a.resources[q.From.Resource]
	if !known {
		a.fail(q, xmpp.UnexpectedRequest, "Send presence first.")
		return
	}
	if a.signedOn() && !a.session.powers.Has(transports.CanInvisible) {
		a.fail(q, xmpp.FeatureNotImplemented, textVisible(a.svc.title()))
		return
	}
	r.invisible = q.Query().Name.Local == "invisible"
	r.byCommand = r.invisible
	a.presenceChanged()
	a.send(q.Result())
}

// maxNick bounds a nickname, in bytes.
const maxNick = 128

// nickChanged passes on the name that the user goes by (XEP-0172), where the network shows one.
func (a *account) nickChanged(p xmpp.Presence) {
	nick := strings.TrimSpace(p.Child(xmpp.NickSpace, "nick").Text())
	if nick == "" || len(nick) > maxNick || nick == a.nick {
		return
	}
	a.nick = strings.Clone(nick)
	a.tellNick()
}

// tellNick tells the network once it can be told.
func (a *account) tellNick() {
	if a.nick != "" && a.signedOn() && a.session.powers.Has(transports.CanNick) {
		a.out.push(transports.SetNick{Nick: a.nick})
	}
}
