package oscar

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// awayAgain is how long an away text is good for: contacts' blocks repeat for other reasons too.
const awayAgain = time.Minute

// aways are the away texts of contacts, and those yet to be asked for. Nobody waits for them, so that they are
// asked for one at a time and only with the rate class clear.
type aways struct {
	known   map[transports.LegacyID]awayText
	wanted  []transports.LegacyID
	waiting bool
}

type awayText struct {
	text     string
	asked    time.Time           // zero: never
	presence transports.Presence // as told, to be told again with the text
}

func newAways() aways { return aways{known: make(map[transports.LegacyID]awayText)} }

// away notes that id is away, asks for the text unless it is fresh, and gives what is known of it.
func (a *aways) away(id transports.LegacyID, p transports.Presence) string {
	t, known := a.known[id]
	if !known && len(a.known) >= maxItems {
		return "" // more than can be on a list
	}
	t.presence = p
	a.known[id] = t
	if time.Since(t.asked) >= awayAgain && !slices.Contains(a.wanted, id) {
		a.wanted = append(a.wanted, id)
	}
	return t.text
}

// back forgets id's text.
func (a *aways) back(id transports.LegacyID) {
	delete(a.known, id)
	if n := slices.Index(a.wanted, id); n >= 0 {
		a.wanted = slices.Delete(a.wanted, n, n+1)
	}
}

// fetchAway asks for the next away text if there is room for it (SNAC 02/15), or tells when there will be;
// zero if there is nothing to wait for.
func (s *session) fetchAway(now time.Time) time.Time {
	a := &s.aways
	if a.waiting || len(a.wanted) == 0 || s.paused {
		return time.Time{}
	}
	if wait := s.lanes.spareIn(wire.InfoQuery2, now); wait > 0 {
		return now.Add(wait)
	}
	id := a.wanted[0]
	if a.wanted = a.wanted[1:]; len(a.wanted) == 0 {
		a.wanted = nil
	}
	t := a.known[id]
	t.asked = now
	a.known[id] = t
	body := wire.InfoWanted2{What: wire.WantAway, Name: string(id)}
	err := s.ask(wire.InfoQuery2, body, wire.InfoReply, func(s *session, answer wire.SNAC, err error) {
		s.aways.waiting = false
		if err == nil {
			s.tookAway(id, answer)
		}
	})
	a.waiting = err == nil
	return time.Time{}
}

// tookAway takes an away text and tells the presence again, if it says something new (SNAC 02/06).
func (s *session) tookAway(id transports.LegacyID, answer wire.SNAC) {
	info, err := wire.Decode[wire.Info](answer.Body)
	if err != nil {
		s.log.Warn("SNAC cannot be read", "snac", answer.Kind.String(), "err", err)
		return
	}
	t, stillAway := s.aways.known[id]
	if !stillAway {
		return
	}
	raw, _ := info.TLVs.Get(wire.InfoAway)
	text := strings.TrimSpace(richtext.FromAIM(s.declaredText(id, raw, info.TLVs.String(wire.InfoAwayType))).String())
	if text == t.text {
		return
	}
	t.text = text
	t.presence.Status = text
	s.aways.known[id] = t
	s.tell(t.presence)
}

// fetchProfile asks for a contact's page (SNAC 02/15, flag 1), then for its entry in the directory.
func (s *session) fetchProfile(c transports.FetchProfile) {
	body := wire.InfoWanted2{What: wire.WantProfile, Name: string(c.ID)}
	err := s.ask(wire.InfoQuery2, body, wire.InfoReply, func(s *session, answer wire.SNAC, err error) {
		info, bad := wire.Decode[wire.Info](answer.Body)
		if err == nil {
			err = bad
		}
		raw, _ := info.TLVs.Get(wire.InfoProfile)
		r := transports.ProfileResult{Text: richtext.FromAIM(s.declaredText(c.ID, raw, info.TLVs.String(wire.InfoProfileType)))}
		if level := info.User.Warning / 10; level > 0 {
			r.Fields = append(r.Fields, transports.Field{Var: "warning", Label: "Warning level", Value: fmt.Sprintf("%d %%", level)})
		}
		if s.powers.Has(transports.CanSearch) && !s.dialect.storedByICQ {
			s.fetchEntry(c, r, err)
			return
		}
		s.doneWith(c.Tag, transports.Accepted, r, err)
	})
	if err != nil {
		s.done(c.Tag, transports.Written, err)
	}
}
