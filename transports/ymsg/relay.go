package ymsg

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// Files of versions 15 and 16 go over a relay, while both sides are there (DC, DD, DE). It is as libpurple has it; no server was
// seen to speak these.

const (
	maxTransferID = 64
	transferMark  = "$$"             // ends the name of a transfer
	takeWait      = 10 * time.Minute // for somebody to take a file
	relayWait     = time.Minute      // for what follows
	relayPath     = "/relay"
)

// The values of KeyTransferStep and KeyRelay.
const (
	stepOffer, stepCancel, stepAccept, stepReject = "1", "2", "3", "4"

	overRelay = "3"  // not from one client to the other
	noRelay   = "-1" // of KeyResult: the other side has given up
)

// relays are the files on their way: those that others offer by the names that they gave them, and ours.
type relays struct {
	in  map[string]*incomingFile
	out map[string]*outgoingFile
}

// An incomingFile is offered, or accepted and to come.
type incomingFile struct {
	from        transports.LegacyID
	name, offer string
	until       time.Time // once accepted
}

// An outgoingFile waits to be taken, and then for its token.
type outgoingFile struct {
	file  transports.SendFile
	taken bool
	until time.Time
}

// transfer is a packet about a file.
func (s *session) transfer(service wire.Service, status wire.Status, who transports.LegacyID, id string, more ...wire.Field) {
	s.mention(service, status, append(wire.Fields{
		wire.Text(wire.KeyMe, s.me), wire.Text(wire.KeyTo, string(who)), wire.Text(wire.KeyTransfer, id),
	}, more...))
}

// step is a packet about a file that says what becomes of it.
func (s *session) step(who transports.LegacyID, id, step string) {
	s.transfer(wire.FileOffer15, wire.Available, who, id, wire.Text(wire.KeyTransferStep, step))
}

// fileStep takes that somebody offers a file, or what becomes of one (DC).
func (s *session) fileStep(p wire.Packet) {
	from, ok := s.id(p.Fields.String(wire.KeyFrom))
	id := p.Fields.String(wire.KeyTransfer)
	if !ok || id == "" || len(id) > maxTransferID {
		return
	}
	switch p.Fields.String(wire.KeyTransferStep) {
	case stepOffer:
		s.relayOffered(p, from, id)
	case stepAccept:
		s.relayAccepted(from, id)
	case stepCancel, stepReject:
		s.relayEnded(from, id)
	}
}

// relayOffered takes an offer. Of several files at once only the first can be had.
func (s *session) relayOffered(p wire.Packet, from transports.LegacyID, id string) {
	name := fileName(s.text(p.Fields, wire.KeyFile), "")
	switch _, there := s.relays.in[id]; {
	case there:
		return
	case !s.sendsFiles():
		s.step(from, id, stepReject)
		s.fileMissed(from, name)
		return
	case len(s.relays.in) >= maxOffers || !p.Fields.Has(wire.KeyFile):
		s.step(from, id, stepReject)
		return
	}
	if s.relays.in == nil {
		s.relays.in = map[string]*incomingFile{}
	}
	s.offers.last++
	in := &incomingFile{from: from, name: name, offer: strconv.Itoa(s.offers.last)}
	s.relays.in[id] = in
	size, ok := p.Fields.Number(wire.KeyFileSize)
	if !ok || size < 0 {
		size = -1
	}
	if n := len(p.Fields.All(wire.KeyFile)); n > 1 {
		s.tell(transports.Notice{Text: fmt.Sprintf("%s sends %d files at once. Only the first (%s) can be had.", from, n, name)})
	}
	s.tell(transports.FileOffer{Offer: in.offer, From: from, Name: name, Size: size})
}

// answerRelay accepts or refuses an offer; false: there is no such.
func (s *session) answerRelay(c transports.AnswerFile) bool {
	for id, in := range s.relays.in {
		if in.offer != c.Offer || !in.until.IsZero() {
			continue
		}
		if c.Accept {
			in.until = time.Now().Add(relayWait)
			s.step(in.from, id, stepAccept)
		} else {
			delete(s.relays.in, id)
			s.step(in.from, id, stepReject)
		}
		s.done(c.Tag, transports.Written, nil)
		return true
	}
	return false
}

// relayNamed takes where the relay is, and the token of a file there (DD).
func (s *session) relayNamed(p wire.Packet) {
	from, ok := s.id(p.Fields.String(wire.KeyFrom))
	id := p.Fields.String(wire.KeyTransfer)
	if p.Fields.String(wire.KeyResult) == noRelay && ok {
		s.relayEnded(from, id)
		return
	}
	in := s.relays.in[id]
	if in == nil || in.from != from || !ok || in.until.IsZero() {
		return
	}
	delete(s.relays.in, id)
	token := p.Fields.String(wire.KeyRelayToken)
	if p.Fields.String(wire.KeyRelay) != overRelay || token == "" {
		s.transfer(wire.FileOffer15, wire.Failed, from, id, wire.Text(wire.KeyResult, noRelay))
		s.relayLost(in)
		return
	}
	s.transfer(wire.FileTaken15, wire.Available, from, id, wire.Text(wire.KeyFile, in.name), wire.Text(wire.KeyRelay, overRelay), wire.Text(wire.KeyRelayToken, token))
	way := s.relayWay(p.Fields.String(wire.KeyRelayHost), token, from, transports.LegacyID(s.me))
	s.tell(transports.FileData{Offer: in.offer, Open: once(way.open)})
}

// relayLost tells the user of a file that was accepted and does not come.
func (s *session) relayLost(in *incomingFile) {
	s.tell(transports.Notice{Text: fmt.Sprintf("The file %s of %s does not come.", in.name, in.from)})
}

// sendOverRelay offers a file.
func (s *session) sendOverRelay(c transports.SendFile) {
	if len(s.relays.out) >= maxErrands {
		s.done(c.Tag, transports.Written, transports.ErrBusy)
		return
	}
	if s.relays.out == nil {
		s.relays.out = map[string]*outgoingFile{}
	}
	id := rand.Text()[:22] + transferMark
	s.relays.out[id] = &outgoingFile{file: c, until: time.Now().Add(takeWait)}
	s.transfer(wire.FileOffer15, wire.Available, c.To, id, append(
		wire.Fields{wire.Text(wire.KeyTransferStep, stepOffer), wire.Text(wire.KeyFiles, "1")},
		wire.NestFile(wire.Text(wire.KeyFile, fileName(c.Name, "")), wire.Text(wire.KeyFileSize, strconv.FormatInt(c.Size, 10)))...)...)
}

// outgoing is a file of ours that somebody says something of, if it is for them.
func (s *session) outgoing(who transports.LegacyID, id string) *outgoingFile {
	if out := s.relays.out[id]; out != nil && out.file.To == who {
		return out
	}
	return nil
}

// relayAccepted takes that a file of ours is taken: the other side is told where the relay is (DD).
func (s *session) relayAccepted(from transports.LegacyID, id string) {
	out := s.outgoing(from, id)
	if out == nil || out.taken {
		return
	}
	out.taken, out.until = true, time.Now().Add(relayWait)
	s.transfer(wire.FileInfo15, wire.Available, from, id, wire.Text(wire.KeyFile, fileName(out.file.Name, "")),
		wire.Text(wire.KeyRelay, overRelay), wire.Text(wire.KeyRelayHost, s.relayHost()))
}

// relayToken takes the token of a file of ours, which can go (DE).
func (s *session) relayToken(p wire.Packet) {
	from, ok := s.id(p.Fields.String(wire.KeyFrom))
	id, token := p.Fields.String(wire.KeyTransfer), p.Fields.String(wire.KeyRelayToken)
	out := s.outgoing(from, id)
	switch lost := p.Fields.String(wire.KeyResult) == noRelay; {
	case !ok || out == nil || !out.taken && !lost:
		return
	case lost || token == "":
		s.relayEnded(from, id)
		return
	}
	delete(s.relays.out, id)
	way := s.relayWay(s.relayHost(), token, transports.LegacyID(s.me), from)
	s.errands.send(s, errand{tag: out.file.Tag, run: func(ctx context.Context) (transports.Result, error) { return nil, way.file(ctx, out.file) }})
}

// relayEnded takes that the other side does not want a file, or has given up.
func (s *session) relayEnded(who transports.LegacyID, id string) {
	if in := s.relays.in[id]; in != nil && in.from == who {
		delete(s.relays.in, id)
		if !in.until.IsZero() {
			s.relayLost(in)
		}
	}
	if out := s.outgoing(who, id); out != nil {
		delete(s.relays.out, id)
		s.done(out.file.Tag, transports.Written, transports.ErrDenied)
	}
}

// expire ends what nobody answers, and tells when the next will have been; zero: there is nothing.
func (r *relays) expire(s *session, now time.Time) time.Time {
	var next time.Time
	for id, in := range r.in {
		switch {
		case in.until.IsZero():
		case now.Before(in.until):
			next = soon(next, in.until)
		default:
			delete(r.in, id)
			s.relayLost(in)
		}
	}
	for id, out := range r.out {
		if now.Before(out.until) {
			next = soon(next, out.until)
			continue
		}
		delete(r.out, id)
		s.step(out.file.To, id, stepCancel)
		s.done(out.file.Tag, transports.Written, transports.ErrNoAnswer)
	}
	return next
}

// relayHost is where our files go: the host of file_url, and its port if it has one.
func (s *session) relayHost() string {
	u, err := url.Parse(s.env.Settings.Text(fileURLKey))
	if err != nil {
		return ""
	}
	return u.Host
}

// relayWay is the way to a file on a relay. The session's cookies go to our own relay only: the other side names the host.
func (s *session) relayWay(host, token string, sender, receiver transports.LegacyID) upload {
	u := url.URL{Scheme: "http", Host: host, Path: relayPath}
	u.RawQuery = url.Values{"token": {token}, "sender": {string(sender)}, "recver": {string(receiver)}}.Encode()
	way := upload{client: s.env.HTTP, address: u.String()}
	if own, err := url.Parse(s.env.Settings.Text(fileURLKey)); err == nil && strings.EqualFold(own.Host, host) {
		u.Scheme = own.Scheme
		way.address, way.cookies = u.String(), s.webCookies()
	}
	return way
}

// open fetches what lies there. It is an opener.
func (u upload) open(ctx context.Context) (io.ReadCloser, error) {
	head := http.Header{}
	if u.cookies != "" {
		head.Set("Cookie", u.cookies)
	}
	body, err := getWith(ctx, u.client, u.address, head)
	if err != nil {
		return nil, err
	}
	return &bounded{body, maxFile}, nil
}
