package ymsg

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

const (
	fileURLKey = "file_url"
	uploadPath = "/notifyft"
	maxOffers  = 100
	maxNamed   = 255 // bytes of a file's name
)

// offers are the files that others want to send us, by their numbers. They lie on a server, at an address that the offer names.
type offers struct {
	missed map[transports.LegacyID]bool // whose files the user was told of, and cannot have
	last   int
	urls   map[string]string
}

// sendsFiles reports whether files are switched on.
func (s *session) sendsFiles() bool {
	return s.env.Settings.Text(fileURLKey) != "" && s.env.HTTP != nil
}

// remember keeps a cookie for the web server that files go to.
func (s *session) remember(name, value string) {
	if !s.sendsFiles() {
		return
	}
	if s.cookie == nil {
		s.cookie = map[string]transports.Secret{}
	}
	s.cookie[name] = transports.NewSecret(value)
}

// peerFile takes that somebody has a file for us on their own machine (4D): it is had from there, if the dial policy lets it. The
// service has other uses, which are passed over.
func (s *session) peerFile(p wire.Packet) {
	if p.Fields.String(wire.KeyKind) == wire.FileKind {
		s.fileOffered(p)
	}
}

// fileOffered takes that a file lies there for us (46). Where files are not switched on the user hears of it, of each sender once.
func (s *session) fileOffered(p wire.Packet) {
	address := p.Fields.String(wire.KeyURL)
	from, ok := s.fileSender(p)
	if address == "" || !ok {
		return
	}
	name := fileName(s.text(p.Fields, wire.KeyFile), address)
	if !s.sendsFiles() {
		s.fileMissed(from, name)
		return
	}
	if len(s.offers.urls) >= maxOffers {
		return
	}
	if s.offers.urls == nil {
		s.offers.urls = map[string]string{}
	}
	s.offers.last++
	offer := strconv.Itoa(s.offers.last)
	s.offers.urls[offer] = address
	size, ok := p.Fields.Number(wire.KeyFileSize)
	if !ok || size < 0 {
		size = -1
	}
	s.tell(transports.FileOffer{Offer: offer, From: from, Name: name, Size: size})
}

// fileSender is who offers a file: key 4, and there are servers that have it in key 5.
func (s *session) fileSender(p wire.Packet) (transports.LegacyID, bool) {
	from, ok := s.id(p.Fields.String(wire.KeyFrom))
	if !ok || string(from) == s.me {
		from, ok = s.id(p.Fields.String(wire.KeyTo))
	}
	return from, ok && string(from) != s.me
}

// fileMissed tells the user of a file that cannot be had.
func (s *session) fileMissed(from transports.LegacyID, name string) {
	if s.offers.missed[from] || len(s.offers.missed) >= maxOffers {
		return
	}
	if s.offers.missed == nil {
		s.offers.missed = map[transports.LegacyID]bool{}
	}
	s.offers.missed[from] = true
	s.tell(transports.Notice{Text: fmt.Sprintf("%s wanted to send you a file (%s). Files of this network are not switched on here.", from, name)})
}

// fileName is a file's name: the last part of what it is called, or of its address.
func fileName(name, address string) string {
	if name == "" {
		if u, err := url.Parse(address); err == nil {
			name = u.Path
		}
	}
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	if name == "." || name == "/" {
		name = "file"
	}
	return shortened(name, maxNamed)
}

// answerFile takes a file, or leaves it where it is: the server forgets it after a day.
func (s *session) answerFile(c transports.AnswerFile) {
	address, ok := s.offers.urls[c.Offer]
	if !s.sendsFiles() {
		s.done(c.Tag, transports.Written, transports.ErrUnsupported)
		return
	}
	if !ok && s.answerRelay(c) {
		return
	}
	if !ok {
		s.done(c.Tag, transports.Written, transports.ErrUnknown)
		return
	}
	delete(s.offers.urls, c.Offer)
	if c.Accept {
		s.tell(transports.FileData{Offer: c.Offer, Open: once(upload{client: s.env.HTTP, address: address}.open)})
	}
	s.done(c.Tag, transports.Written, nil)
}

// once is an opener that opens once: a second time there is no such file any more.
func once(open transports.Opener) transports.Opener {
	var opened atomic.Bool
	return func(ctx context.Context) (io.ReadCloser, error) {
		if opened.Swap(true) {
			return nil, transports.ErrUnknown
		}
		return open(ctx)
	}
}

// sendFile brings a file to the server, which tells the recipient where it is.
func (s *session) sendFile(c transports.SendFile) {
	switch {
	case !s.sendsFiles():
		s.done(c.Tag, transports.Written, transports.ErrUnsupported)
		return
	case c.Name == "" || c.Open == nil || c.Size < 0:
		s.done(c.Tag, transports.Written, transports.ErrInvalid)
		return
	case c.Size > maxFile:
		s.done(c.Tag, transports.Written, transports.ErrTooLong)
		return
	case s.dialect.late:
		s.sendOverRelay(c)
		return
	}
	head, err := s.link.packet(nil, wire.FileTransfer, wire.Available, wire.Fields{
		wire.Text(wire.KeyUser, s.me), wire.Text(wire.KeyTo, string(c.To)), wire.Text(wire.KeyText, ""),
		wire.Text(wire.KeyFile, url.PathEscape(fileName(c.Name, ""))), wire.Text(wire.KeyFileSize, strconv.FormatInt(c.Size, 10)),
	})
	if err != nil {
		s.done(c.Tag, transports.Written, transports.ErrInvalid)
		return
	}
	up := s.upload(head)
	s.errands.send(s, errand{tag: c.Tag, run: func(ctx context.Context) (transports.Result, error) { return nil, up.file(ctx, c) }})
}

// upload is a way to bring bytes to the server. head is the packet that goes before them.
func (s *session) upload(head []byte) upload {
	return upload{
		client: s.env.HTTP, address: strings.TrimRight(s.env.Settings.Text(fileURLKey), "/") + uploadPath,
		cookies: s.webCookies(), head: string(head) + wire.FileFollows,
	}
}

// webCookies are the session's cookies, for the server that files go to.
func (s *session) webCookies() string {
	return "Y=" + s.cookie[cookieY].Reveal() + "; T=" + s.cookie[cookieT].Reveal()
}

// An upload is a way to bring bytes to the server.
type upload struct {
	client        *http.Client
	address       string
	cookies, head string
}

// file brings a file. It is closed when ctx ends, too: who reads from it may be waiting for more.
func (u upload) file(ctx context.Context, c transports.SendFile) error {
	file, err := c.Open(ctx)
	if err != nil {
		return fmt.Errorf("%w: the file cannot be read", transports.ErrInvalid)
	}
	shut := sync.OnceFunc(func() { _ = file.Close() }) // it was only read from
	defer shut()
	defer context.AfterFunc(ctx, shut)()
	return u.post(ctx, file, c.Size)
}

// post brings the first bytes of a body, size of them. The errors are ErrDenied and ErrUnavailable.
func (u upload) post(ctx context.Context, from io.Reader, size int64) error {
	body := io.MultiReader(strings.NewReader(u.head), io.LimitReader(from, size))
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u.address, body)
	if err != nil {
		return fmt.Errorf("%w: file_url is none", transports.ErrUnavailable)
	}
	req.ContentLength = int64(len(u.head)) + size
	if u.cookies != "" {
		req.Header.Set("Cookie", u.cookies)
	}
	resp, err := u.client.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", transports.ErrUnavailable, withoutURL(err))
	}
	defer resp.Body.Close()
	if resp.Request.Method != http.MethodPost { // what was sent on is fetched, without the bytes
		return fmt.Errorf("%w: the server sends it elsewhere", transports.ErrDenied)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%w: HTTP status %d", transports.ErrDenied, resp.StatusCode)
	}
	return nil
}
