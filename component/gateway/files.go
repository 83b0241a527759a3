package gateway

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"imgate/component/gateway/speech"
	"imgate/component/gateway/upload"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// Files: what a contact sends is put at the user's own server (XEP-0363) and comes as a link; what the user has put
// there goes to the contact as a file, where the network can carry one.

// Files say what may be moved, and where to.
type Files struct {
	Upload xmpp.JID     // the upload service; zero: found by disco at the user's server
	Most   int64        // bytes of one file; 0: none are moved
	Spool  string       // directory for files on their way; empty: the system's
	Client *http.Client // nil: upload.Client
}

// Bounds of files on their way.
const (
	maxOffers   = 16               // of one account
	moveTime    = 15 * time.Minute // for one file
	maxMoves    = 8                // files that are moved at a time
	placeWanted = time.Minute      // how long it is not looked again for a place where none was found
)

// places remembers where the files of a server's users go. The mutex stands between goroutines that move files; it
// is not held over a question.
type places struct {
	mu    sync.Mutex
	known map[string]place // by domain
}

type place struct {
	*upload.Place
	err error
	at  time.Time
}

func (p *places) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.known = nil
}

// placeFor is where files for a user go.
func (g *Gateway) placeFor(ctx context.Context, svc *Service, domain string) (*upload.Place, error) {
	svc.places.mu.Lock()
	p, ok := svc.places.known[domain]
	svc.places.mu.Unlock()
	if ok && (p.err == nil || time.Since(p.at) < placeWanted) {
		return p.Place, p.err
	}
	found, err := upload.Find(ctx, svc.inquire, xmpp.JID{Domain: domain}, g.opt.Files.Upload)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	svc.places.mu.Lock()
	defer svc.places.mu.Unlock()
	if svc.places.known == nil {
		svc.places.known = map[string]place{}
	}
	if len(svc.places.known) < maxNames {
		svc.places.known[domain] = place{found, err, time.Now()}
	}
	return found, err
}

// move does something with a file beside the loops; so many at a time.
func (g *Gateway) move(work func(ctx context.Context)) {
	g.start(func() {
		select {
		case g.movers <- struct{}{}:
			defer func() { <-g.movers }()
		case <-g.ctx.Done():
			return
		}
		ctx, cancel := context.WithTimeout(g.ctx, moveTime)
		defer cancel()
		work(ctx)
	})
}

// An incoming file is one that a contact offers.
type incoming struct {
	from xmpp.JID
	name string
	size int64
	// moving says that its bytes are read: whoever reads them tells how it ends.
	moving bool
}

// A fileKey names an offered file: networks count their offers anew in every session, and a file may still be moved when the next
// session has begun.
type fileKey struct {
	session uint64
	offer   string
}

// onFileOffer looks for a place, then lets the contact know.
func (a *account) onFileOffer(ev transports.FileOffer) {
	from, ok := a.address(ev.From)
	most := a.g.opt.Files.Most
	refusal := speech.Text("")
	switch {
	case !ok, a.isStranger(ev.From) && a.setting(settingStrangers) != acceptStrangers:
		a.answerFile(fileKey{offer: ev.Offer}, false)
		return
	case most == 0:
		refusal = textNoPlace
	case ev.Size > most:
		refusal = textFileTooBig(most)
	case len(a.files) >= maxOffers:
		refusal = "too many files at a time"
	}
	f := incoming{from: from, name: strings.Clone(upload.FileName(ev.Name)), size: ev.Size}
	key := fileKey{a.session.number, strings.Clone(ev.Offer)}
	if refusal != "" {
		a.refuseFile(key, f, refusal)
		return
	}
	if a.files == nil {
		a.files = map[fileKey]incoming{}
	}
	a.files[key] = f
	a.g.move(func(ctx context.Context) {
		_, err := a.g.placeFor(ctx, a.svc, a.user.Domain)
		a.post(placeItem{key, err})
	})
}

// placeItem says whether there is a place for an offered file.
type placeItem struct {
	key fileKey
	err error
}

func (placeItem) isItem() {}

func (a *account) onPlace(it placeItem) {
	f, ok := a.files[it.key]
	switch {
	case !ok:
	case it.err != nil:
		a.log.Debug("no place for a file", "err", it.err)
		delete(a.files, it.key)
		a.refuseFile(it.key, f, textNoPlace)
	default:
		a.answerFile(it.key, true)
	}
}

// refuseFile declines, and tells the user what was offered.
func (a *account) refuseFile(key fileKey, f incoming, why speech.Text) {
	a.answerFile(key, false)
	a.sayFrom(f.from, textFileRefused(f.name, f.size, why))
}

// answerFile answers an offer. Where the network will not hand it over after all, the user hears of it.
func (a *account) answerFile(key fileKey, accept bool) {
	p := pending{kind: pendingRequest, then: func(d transports.Done) {
		if f, ok := a.files[key]; ok && accept && d.Err != nil {
			delete(a.files, key)
			a.sayFrom(f.from, textFileRefused(f.name, f.size, sentence(d.Err)))
		}
	}}
	a.out.tagged(p, func(tag transports.Tag) transports.Command {
		return transports.AnswerFile{Tag: tag, Offer: key.offer, Accept: accept}
	})
}

// onFileData moves a file to the user's server.
func (a *account) onFileData(ev transports.FileData) {
	key := fileKey{a.session.number, strings.Clone(ev.Offer)}
	f, ok := a.files[key]
	if !ok {
		return
	}
	f.moving = true
	a.files[key] = f
	a.g.move(func(ctx context.Context) {
		link, err := a.deposit(ctx, f, ev.Open)
		a.post(depositItem{key, link, err})
	})
}

// deposit reads a file whole, since its size must be told first, and puts it at the user's server.
func (a *account) deposit(ctx context.Context, f incoming, open transports.Opener) (string, error) {
	body, err := open(ctx)
	if err != nil {
		return "", err
	}
	stop := context.AfterFunc(ctx, func() { _ = body.Close() })
	spooled, err := upload.Spool(a.g.opt.Files.Spool, body, a.g.opt.Files.Most)
	stop()
	err = errors.Join(err, body.Close())
	if err != nil {
		if spooled != nil {
			_ = spooled.Close()
		}
		return "", err
	}
	defer func() { _ = spooled.Close() }()
	p, err := a.g.placeFor(ctx, a.svc, a.user.Domain)
	if err != nil {
		return "", err
	}
	return p.Put(ctx, a.svc.inquire, a.g.opt.Files.Client, f.name, spooled.Size, spooled)
}

// depositItem says where a file lies now.
type depositItem struct {
	key  fileKey
	link string
	err  error
}

func (depositItem) isItem() {}

func (a *account) onDeposit(it depositItem) {
	f, ok := a.files[it.key]
	delete(a.files, it.key)
	switch {
	case !ok || a.over:
	case it.err != nil:
		a.log.Info("a file could not be brought to its user", "err", it.err)
		why := speech.Text("it could not be moved")
		if errors.Is(it.err, upload.ErrTooBig) {
			why = textFileTooBig(a.g.opt.Files.Most)
		}
		a.sayFrom(f.from, textFileRefused(f.name, f.size, why))
	default:
		a.sendMessage(xmpp.Message{
			Header: xmpp.Header{ID: a.newID("m", a.g.run), From: f.from.WithResource(Resource), To: a.user}, Type: xmpp.ChatMessage,
			Payload: []*xmltree.Element{
				xmpp.Leaf("body", it.link), xmltree.New(xmpp.OOBSpace, "x").With(xmltree.Leaf(xmpp.OOBSpace, "url", it.link)),
			},
		}, 0)
	}
}

// loseFiles tells of what was on offer when the session ended.
func (a *account) loseFiles() {
	for key, f := range a.files {
		if !f.moving {
			delete(a.files, key)
			a.sayFrom(f.from, textFileRefused(f.name, f.size, "the connection to the network ended"))
		}
	}
}

// sayFrom tells the user something about a contact, in the conversation with it.
func (a *account) sayFrom(from xmpp.JID, text speech.Text) {
	a.sendMessage(xmpp.Message{
		Header: xmpp.Header{ID: a.newID("m", a.g.run), From: from.WithResource(Resource), To: a.user}, Type: xmpp.ChatMessage,
		Payload: []*xmltree.Element{xmpp.Leaf("body", text.In(a.tongue()))},
	}, 0)
}

// onLinkToFile sends what lies behind a link as a file; false: it is no file of the user's server, or the network
// can't carry one, and the link is to be said. m is answered by the result as a message is.
func (a *account) onLinkToFile(m xmpp.Message, id transports.LegacyID) bool {
	link := strings.TrimSpace(m.Child(xmpp.OOBSpace, "x").ChildText(xmpp.OOBSpace, "url"))
	if body, _ := m.Body(); link == "" || strings.TrimSpace(body) != "" && strings.TrimSpace(body) != link {
		return false
	}
	if !a.signedOn() || !a.session.powers.Has(transports.CanSendFiles) || a.g.opt.Files.Most == 0 || !a.out.empty() {
		return false
	}
	if !a.rate.take(time.Now(), a.g.opt.MessagesPerMinute) {
		a.fail(m, xmpp.ResourceConstraint, "Too many messages in a minute.")
		return true
	}
	link = strings.Clone(link)
	kept := pending{kind: pendingMessage, id: id, message: answerable(m), receipt: m.WantsReceipt()}
	a.g.move(func(ctx context.Context) {
		p, err := a.g.placeFor(ctx, a.svc, a.user.Domain)
		if err != nil {
			a.post(outgoingItem{kept: kept, link: link, err: err})
			return
		}
		f, err := p.Get(ctx, a.g.opt.Files.Client, link, a.g.opt.Files.Most)
		if err == nil {
			err = f.Body.Close()
		}
		a.post(outgoingItem{kept, link, p, f.Name, f.Size, err})
	})
	return true
}

// outgoingItem is a file of the user's that was looked at.
type outgoingItem struct {
	kept  pending
	link  string
	place *upload.Place
	name  string
	size  int64
	err   error
}

func (outgoingItem) isItem() {}
