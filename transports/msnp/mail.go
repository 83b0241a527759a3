package msnp

import (
	"context"
	"slices"
	"strings"
	"time"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// maxMail is how many offline messages of one session are fetched; the rest come at the next sign-on.
const maxMail = 1000

// A mail is how far offline messages have come, those for the user and those of the user.
type mail struct {
	ticket     string // that signed on
	auth, prof string // of the profile, which the store of messages takes
	queue      []wire.Mail
	known      map[string]bool // ids that were queued once
	fetching   bool
	listing    bool // the list is asked for;
	listAgain  bool // and has grown meanwhile
	told       transports.Seq
	kept       []keptMail // told, and not yet handed over
	letters    postbox
}

// A keptMail is one that the service still has.
type keptMail struct {
	seq transports.Seq
	id  string
}

func newMail() mail { return mail{known: map[string]bool{}, letters: newPostbox()} }

// profile reads what the server says of the account when it has signed on.
func (m *mail) profile(p wire.Message) {
	f := p
	if f.Get("MSPAuth") == "" {
		f = wire.ParseMessage(p.Body)
	}
	m.auth, m.prof = f.Get("MSPAuth"), f.Get("MSPProf")
}

// pass is the ticket for the store, in the form t=…&p=….
func (m *mail) pass() string {
	if m.auth != "" {
		return "t=" + m.auth + "&p=" + m.prof
	}
	return m.ticket
}

// heardMail is a notice of messages that wait.
func (s *session) heardMail(m wire.Message) {
	if !s.storesMail() {
		return
	}
	data := wire.ParseMessage(m.Body).Get("Mail-Data")
	if strings.TrimSpace(data) == wire.TooLarge {
		s.fetchList()
		return
	}
	mails, err := wire.ParseMails(data)
	if err != nil {
		s.log.Warn("the notice of offline messages cannot be read", "err", err)
		return
	}
	s.queueMails(mails)
}

// fetchList asks for the list that was too large for a notice (GetMetadata).
func (s *session) fetchList() {
	if s.mail.listing { // one question at a time
		s.mail.listAgain = true
		return
	}
	s.mail.listing = true
	v, envelope := s.service(), wire.MailRequest(wire.ActionMetadata, s.mail.pass())
	s.background("msnp mail", func(ctx context.Context) (func(), func()) {
		reply, err := v.ask(ctx, pathMail, wire.ActionMetadata, envelope)
		return func() {
			s.mail.listing = false
			if s.mail.listAgain {
				s.mail.listAgain = false
				s.fetchList()
			}
			if err != nil || reply.Fault != "" {
				s.log.Warn("the list of offline messages cannot be had", "err", err, "fault", reply.Fault)
				return
			}
			s.queueMails(reply.Mails)
		}, nil
	})
}

// queueMails queues those that are new, the oldest first.
func (s *session) queueMails(mails []wire.Mail) {
	slices.SortStableFunc(mails, func(a, b wire.Mail) int { return a.Sent.Compare(b.Sent) })
	for _, m := range mails {
		if !s.mail.known[m.ID] && len(s.mail.known) < maxMail {
			s.mail.known[m.ID] = true
			s.mail.queue = append(s.mail.queue, m)
		}
	}
	s.fetchNext()
}

// fetchNext fetches one message after the other, so that they are told in their order (GetMessage).
func (s *session) fetchNext() {
	if s.mail.fetching || len(s.mail.queue) == 0 {
		return
	}
	m := s.mail.queue[0]
	s.mail.queue = s.mail.queue[1:]
	s.mail.fetching = true
	v, envelope := s.service(), wire.MailRequest(wire.ActionMessage, s.mail.pass(), m.ID)
	s.background("msnp mail", func(ctx context.Context) (func(), func()) {
		reply, err := v.ask(ctx, pathMail, wire.ActionMessage, envelope)
		return func() {
			s.mail.fetching = false
			if err != nil || reply.Fault != "" {
				s.log.Warn("an offline message cannot be had; it stays where it is", "err", err, "fault", reply.Fault)
			} else {
				s.heardOIM(m, reply.Message)
			}
			s.fetchNext()
		}, nil
	})
}

// heardOIM tells an offline message. The service keeps it until it is handed over.
func (s *session) heardOIM(m wire.Mail, text string) {
	o, err := wire.ParseOIM(text)
	if err != nil {
		s.log.Warn("an offline message cannot be read; it stays where it is", "err", err)
		return
	}
	from, err := canonical(or(o.From, m.From))
	body := richtext.Plain(strings.TrimRight(decode(o.Text, o.Charset), "\r\n\x00"))
	if err != nil || len(body.Runs) == 0 {
		s.forgetMails([]string{m.ID}) // there is nothing in it that could be lost
		return
	}
	sent := m.Sent
	if sent.IsZero() {
		sent = o.Sent
	}
	if sent.IsZero() {
		sent = time.Now().UTC()
	}
	s.mail.told++
	s.mail.kept = append(s.mail.kept, keptMail{s.mail.told, m.ID})
	s.tell(transports.Message{Seq: s.mail.told, From: from, Body: body, Sent: sent, Stored: true})
}

// handedOver lets the service forget what is with the user's server.
func (s *session) handedOver(c transports.HandedOver) {
	var ids []string
	for len(s.mail.kept) > 0 && s.mail.kept[0].seq <= c.Seq {
		ids = append(ids, s.mail.kept[0].id)
		s.mail.kept = s.mail.kept[1:]
	}
	s.forgetMails(ids)
}

// forgetMails deletes messages (DeleteMessages). What cannot be deleted is told again at the next sign-on.
func (s *session) forgetMails(ids []string) {
	if len(ids) == 0 || !s.storesMail() {
		return
	}
	v, envelope := s.service(), wire.MailRequest(wire.ActionDelete, s.mail.pass(), ids...)
	s.background("msnp mail", func(ctx context.Context) (func(), func()) {
		reply, err := v.ask(ctx, pathMail, wire.ActionDelete, envelope)
		return func() {
			if err != nil || reply.Fault != "" {
				s.log.Warn("offline messages cannot be deleted", "err", err, "fault", reply.Fault)
			}
		}, nil
	})
}

// due does what the postbox has to do now.
func (m *mail) due(s *session, now time.Time) time.Time { return m.letters.due(s, now) }
