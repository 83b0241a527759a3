package oscar

import (
	"bytes"
	"net/netip"
	"path"
	"strconv"
	"strings"
	"time"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// Files of AIM and ICQ go from client to client: the sender listens, the server says where it sees the sender (SNAC 04/07, channel 2),
// and who wants the file connects there. So a file can come where the operator lets imgate go to such addresses; none can be sent, since
// for that somebody would have to connect here.

const (
	maxFilePath = 1024 // bytes of what a proposal calls a file
	maxFileName = 200  // bytes of a file's name as it is told
	maxOffers   = 16   // files that are offered or on their way
)

// offers are the files that others want to give us.
type offers struct {
	all   []*offered
	last  int
	fetch func(*offered) transports.Opener // nil: none are taken
	told  chan fetchNews                   // of files that are fetched
}

// An offered file is one that the gateway has heard of, until it is there or given up.
type offered struct {
	number  string // by which the gateway knows it
	from    transports.LegacyID
	cookie  wire.Cookie
	size    int64
	address string              // host:port where its sender listens
	giveUp  func(because error) // ends fetching; nil: the user has not said yes yet
}

// takesFiles reports whether files are switched on.
func (s *session) takesFiles() bool { return s.env.Settings.On(settingFiles) && s.env.Peer != nil }

// of is the file that somebody has offered under a cookie.
func (o *offers) of(from transports.LegacyID, cookie wire.Cookie) *offered {
	for _, f := range o.all {
		if f.from == from && f.cookie == cookie {
			return f
		}
	}
	return nil
}

func (o *offers) named(number string) *offered {
	for _, f := range o.all {
		if f.number == number {
			return f
		}
	}
	return nil
}

func (o *offers) forget(f *offered) {
	kept := o.all[:0:0]
	for _, other := range o.all {
		if other != f {
			kept = append(kept, other)
		}
	}
	o.all = kept
}

// fileProposed takes that somebody offers a file, or another way to one.
func (s *session) fileProposed(from transports.LegacyID, v wire.Rendezvous) {
	known := s.offers.of(from, v.Cookie)
	value, _ := v.TLVs.Get(wire.RendezvousData)
	p, err := wire.Decode[wire.FileProposal](value)
	name := ""
	if err == nil {
		name = s.proposedName(from, p.Name, v.TLVs.String(wire.RendezvousDataCharset))
	}
	step, ok := v.TLVs.Number(wire.RendezvousStep)
	again := ok && step > 1
	switch {
	case again && known != nil:
		s.dropFile(known, errOtherWay)
		s.refuseFile(from, v, name, p.Size, "It is to come in another way, which is not possible here")
		return
	case again || known != nil:
		return // another try at what was refused, or the same once more
	}
	address, why := s.fileFrom(v, p, err == nil)
	if why != "" {
		s.refuseFile(from, v, name, p.Size, why)
		return
	}
	s.offers.last++
	f := &offered{number: strconv.Itoa(s.offers.last), from: from, cookie: v.Cookie, size: int64(p.Size), address: address}
	s.offers.all = append(s.offers.all, f)
	if name == "" {
		name = "file"
	}
	s.tell(transports.FileOffer{Offer: f.number, From: from, Name: name, Size: f.size})
}

// fileFrom is where a file that is proposed can be had, or why it cannot; readable says that p was there.
func (s *session) fileFrom(v wire.Rendezvous, p wire.FileProposal, readable bool) (address, why string) {
	address, seen := verifiedAddress(v.TLVs)
	switch {
	case s.offers.fetch == nil:
		return "", "Files of this network go from client to client, which is not possible here"
	case s.shown.hidden():
		return "", "To take it would show that you are here"
	case !readable:
		return "", "Nothing is said of the file"
	case p.Many || p.Count > 1:
		return "", "Of several files at once none can be had here"
	case v.TLVs.Has(wire.RendezvousProxy):
		return "", "It is to come by way of a proxy, which is not possible here"
	case !seen:
		return "", "The server does not say where the sender is"
	case len(s.offers.all) >= maxOffers:
		return "", "There are too many files at a time"
	}
	return address, ""
}

// verifiedAddress is where the server has seen the sender, with the port that the sender names. A server that does so puts what it sees
// over the sender's own claim (RendezvousClient) and, behind whatever the sender wrote, into a RendezvousVerified; where there is no
// claim, nothing was looked at, and what the sender says of itself is not believed (read in and seen of Open OSCAR Server, 29530dc).
func verifiedAddress(tlvs wire.TLVs) (string, bool) {
	var seen []byte
	for _, t := range tlvs {
		if t.Tag == wire.RendezvousVerified {
			seen = t.Value
		}
	}
	port, ok := tlvs.Number(wire.RendezvousPort)
	ip, v4 := netip.AddrFromSlice(seen)
	if !ok || port == 0 || port > 0xFFFF || !v4 || !ip.Is4() || !tlvs.Has(wire.RendezvousClient) {
		return "", false
	}
	return netip.AddrPortFrom(ip, uint16(port)).String(), true
}

// proposedName is what a file is called: the last part of its path. Empty: nothing.
func (s *session) proposedName(from transports.LegacyID, name []byte, charset string) string {
	const wide = "unicode-2-0"
	name = name[:min(len(name), maxFilePath)]
	text := ""
	if strings.EqualFold(strings.TrimSpace(charset), wide) {
		text, _, _ = strings.Cut(richtext.DecodeUTF16(append(name[:len(name):len(name)], make([]byte, len(name)%2)...)), "\x00")
	} else {
		name, _, _ = bytes.Cut(name, []byte{0})
		text = s.declaredText(from, name, charset)
	}
	text = path.Base(strings.ReplaceAll(text, "\\", "/"))
	if text == "." || text == ".." || text == "/" {
		return ""
	}
	return cut(text, maxFileName)
}

// fileWithdrawn takes that who has offered a file will not give it.
func (s *session) fileWithdrawn(from transports.LegacyID, cookie wire.Cookie) {
	if f := s.offers.of(from, cookie); f != nil {
		s.dropFile(f, errWithdrawn)
	}
}

// dropFile forgets a file and ends fetching it.
func (s *session) dropFile(f *offered, because error) {
	if f.giveUp != nil {
		f.giveUp(because)
	}
	s.offers.forget(f)
}

// answerFile takes a file or declines it. One that is taken is fetched once the gateway opens it.
func (s *session) answerFile(c transports.AnswerFile) {
	f := s.offers.named(c.Offer)
	switch {
	case f == nil || f.giveUp != nil:
		s.done(c.Tag, transports.Written, transports.ErrUnknown)
		return
	case !c.Accept:
		s.offers.forget(f)
		s.decline(f.from, f.cookie, wire.CapFile)
	default:
		s.tell(transports.FileData{Offer: f.number, Open: s.offers.fetch(f)})
	}
	s.done(c.Tag, transports.Written, nil)
}

// fetched takes what a goroutine that fetches a file has to say. That it begins, the sender is told where there is room for it: the
// connection says it too, and a client of AOL's began without waiting for the word (the capture that wire names). That nobody came,
// the sender cannot see.
func (s *session) fetched(n fetchNews) {
	f := s.offers.named(n.number)
	switch {
	case f == nil: // it was given up
	case n.begins:
		if s.lanes.spare(wire.ICBMSend, time.Now()) {
			s.meet(f.from, wire.Rendezvous{Type: wire.RendezvousAccept, Cookie: f.cookie, About: wire.CapFile}, nil)
		}
	default:
		s.offers.forget(f)
		if n.err != nil && !n.met { // whoever read the file has the error too
			s.decline(f.from, f.cookie, wire.CapFile)
		}
	}
}
