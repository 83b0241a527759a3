package transporttest

import (
	"time"

	"imgate/transports"
)

// presenceLaw: every show is taken, and what the network cannot show besides is left out and no error. Only to be
// unseen is (checkPower).
func presenceLaw(s *subject) {
	for show := transports.Online; show <= transports.DND; show++ {
		s.works(transports.SetPresence{Tag: s.tag(), Show: show, Status: show.String()})
	}
	s.works(transports.SetPresence{Tag: s.tag(), Show: transports.Away, IdleSince: time.Now().Add(-time.Hour)})
	s.works(transports.SetPresence{Tag: s.tag(), Show: transports.Online, Tune: &transports.Tune{Artist: "a", Title: "t"}})
	if s.powers.Has(transports.CanInvisible) {
		s.works(transports.SetPresence{Tag: s.tag(), Show: transports.Online, Invisible: true})
		s.works(transports.SetPresence{Tag: s.tag(), Show: transports.Online})
	} else {
		s.refuses("to be invisible without the power", transports.SetPresence{Tag: s.tag(), Show: transports.Online, Invisible: true})
	}
}

// heardLaw: messages and own messages come from, and went to, whom they say.
func heardLaw(s *subject) {
	feels(s, Writes, func(m transports.Message) bool { return m.From == s.h.Friend && !m.Stored })
	feels(s, WritesAsUser, func(m transports.OwnMessage) bool { return m.To == s.h.Friend })
}

func typingLaw(s *subject) {
	for state := transports.TypingStopped; state <= transports.TypingActive; state++ {
		s.offer(transports.SendTyping{To: s.h.Friend, State: state})
	}
	feels(s, Types, func(e transports.TypingFrom) bool { return e.From == s.h.Friend && e.State <= transports.TypingActive })
}

func attentionLaw(s *subject) {
	s.works(transports.SendAttention{Tag: s.tag(), To: s.h.Friend})
	feels(s, Nudges, func(e transports.Attention) bool { return e.From == s.h.Friend })
}

func nickLaw(s *subject) { s.works(transports.SetNick{Tag: s.tag(), Nick: "Nick"}) }

// profileLaw: the friend need not be there, but what is fetched is a profile (checkDone).
func profileLaw(s *subject) { s.ask(transports.FetchProfile{Tag: s.tag(), ID: s.h.Friend}) }

func ownProfileLaw(s *subject) {
	s.works(transports.SetProfile{Tag: s.tag(), Fields: []transports.Field{{Var: "about", Label: "About", Value: "curious"}}})
	s.works(transports.SetProfile{Tag: s.tag()})
}

// avatarLaw: the hash that presence told is enough to fetch the picture.
func avatarLaw(s *subject) {
	p, ok := feels(s, ShowsPicture, func(p transports.Presence) bool { return p.From == s.h.Friend && p.Avatar != "" })
	if !ok {
		s.ask(transports.FetchAvatar{Tag: s.tag(), ID: s.h.Friend})
		return
	}
	d, ok := s.ask(transports.FetchAvatar{Tag: s.tag(), ID: p.From, Hash: p.Avatar})
	if got, is := d.Result.(transports.AvatarResult); ok && (!is || len(got.Image.Data) == 0 || got.Image.Type == "") {
		s.t.Errorf("law broken: presence told the picture %q, and fetching it gives no picture (%v)", p.Avatar, d.Err)
	}
}

// pixel is the smallest picture, a transparent GIF.
var pixel = []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")

func ownAvatarLaw(s *subject) {
	s.works(transports.SetAvatar{Tag: s.tag(), Image: &transports.Image{Type: "image/gif", Data: pixel}})
	s.works(transports.SetAvatar{Tag: s.tag()})
}

// searchLaw: a form has fields, and a search takes the fields of the form.
func searchLaw(s *subject) {
	d, ok := s.ask(transports.SearchForm{Tag: s.tag()})
	form, is := d.Result.(transports.FormResult)
	if !ok || !is {
		s.t.Errorf("law broken: the session can search and has no form (%v)", d.Err)
		return
	}
	if len(form.Fields) == 0 {
		s.t.Error("law broken: a form without fields")
	}
	for i, f := range form.Fields {
		if f.Var == "" || f.Label == "" {
			s.t.Errorf("law broken: a field without name or label: %+v", f)
		}
		form.Fields[i].Value = string(s.h.Friend)
	}
	s.ask(transports.Search{Tag: s.tag(), Fields: form.Fields})
}
