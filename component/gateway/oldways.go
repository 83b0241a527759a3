package gateway

import (
	"strconv"
	"time"

	"imgate/component/gateway/speech"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// What clients asked before there was service discovery, and small questions that anybody may ask.

// agents lists the gateway as an agent of itself (XEP-0094 §2).
func (d *desk) agents(svc *Service, q xmpp.IQ, _ *xmltree.Element) {
	agent := xmltree.New(xmpp.AgentsSpace, "agent").SetAttr("jid", svc.Domain).With(svc.agentFields(xmpp.AgentsSpace, d.tongue(svc, q))...)
	d.send(svc, q.Result(xmltree.New(xmpp.AgentsSpace, "query").With(agent)))
}

// agent describes the gateway (XEP-0094 §3).
func (d *desk) agent(svc *Service, q xmpp.IQ, _ *xmltree.Element) {
	d.send(svc, q.Result(xmltree.New(xmpp.AgentSpace, "query").With(svc.agentFields(xmpp.AgentSpace, d.tongue(svc, q))...)))
}

func (s *Service) agentFields(space string, l speech.Language) []*xmltree.Element {
	info := s.about
	return []*xmltree.Element{
		xmltree.Leaf(space, "name", s.title()), xmltree.Leaf(space, "description", textAgent(s.title()).In(l)),
		xmltree.Leaf(space, "service", info.Type), xmltree.Leaf(space, "transport", speech.Text(info.NameHint).In(l)),
		xmltree.New(space, "register"),
	}
}

// browse describes the gateway or a contact (XEP-0011 §4).
func (d *desk) browse(svc *Service, q xmpp.IQ, _ *xmltree.Element) {
	e := xmltree.New(xmpp.BrowseSpace, "service").SetAttr("type", svc.about.Type).SetAttr("name", svc.title())
	spaces := []string{xmpp.RegisterSpace, xmpp.GatewaySpace, xmpp.VersionSpace, xmpp.LastSpace, xmpp.TimeOldSpace}
	if q.To.Local != "" {
		if _, err := svc.legacyID(q.To); err != nil {
			d.fail(svc, q, xmpp.ItemNotFound, speech.Of("%s", err))
			return
		}
		e = xmltree.New(xmpp.BrowseSpace, "user").SetAttr("type", "client")
		spaces = []string{xmpp.VersionSpace, xmpp.LastSpace}
	}
	e.SetAttr("jid", q.To.Bare().String())
	for _, space := range spaces {
		e.With(xmltree.Leaf(xmpp.BrowseSpace, "ns", space))
	}
	d.send(svc, q.Result(e))
}

// uptime is for how long the gateway has been running (XEP-0012 §4).
func (d *desk) uptime(svc *Service, q xmpp.IQ, _ *xmltree.Element) {
	d.send(svc, q.Result(lastElement(time.Since(d.g.began))))
}

func lastElement(d time.Duration) *xmltree.Element {
	return xmltree.New(xmpp.LastSpace, "query").SetAttr("seconds", strconv.FormatInt(int64(max(d, 0)/time.Second), 10))
}

// onLast answers for how long a contact has been idle (XEP-0012 §3). Since when somebody is gone no network tells.
func (a *account) onLast(q xmpp.IQ) {
	c := a.contactOf(q.To)
	switch {
	case c == nil || !c.listed && !c.inRoster():
		a.fail(q, xmpp.Forbidden, "This contact is not on your list.")
	case c.show == transports.Offline:
		a.fail(q, xmpp.ItemNotFound, "The contact is not signed on; since when, the network does not tell.")
	case c.idle.IsZero():
		a.send(q.Result(lastElement(0)))
	default:
		a.send(q.Result(lastElement(time.Since(c.idle))))
	}
}

// now is the time of the gateway (XEP-0202, and XEP-0090 for older clients).
func (d *desk) now(svc *Service, q xmpp.IQ, e *xmltree.Element) {
	t := time.Now().UTC()
	if e.Name.Space == xmpp.TimeOldSpace {
		d.send(svc, q.Result(xmltree.New(xmpp.TimeOldSpace, "query").With(
			xmltree.Leaf(xmpp.TimeOldSpace, "utc", t.Format("20060102T15:04:05")), xmltree.Leaf(xmpp.TimeOldSpace, "tz", "UTC"),
			xmltree.Leaf(xmpp.TimeOldSpace, "display", t.Format("2006-01-02 15:04:05")),
		)))
		return
	}
	d.send(svc, q.Result(xmltree.New(xmpp.TimeSpace, "time").With(
		xmltree.Leaf(xmpp.TimeSpace, "tzo", "+00:00"), xmltree.Leaf(xmpp.TimeSpace, "utc", t.Format("2006-01-02T15:04:05Z")),
	)))
}
