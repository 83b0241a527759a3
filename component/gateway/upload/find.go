package upload

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"sync"

	"imgate/xmltree"
	"imgate/xmpp"
)

// Find looks for the upload service of a server, or takes the one that is configured. It asks for a slot, which is
// not used, to see whether we may have one and where files lie. The error wraps ErrNone.
func Find(ctx context.Context, ask Asker, server, configured xmpp.JID) (*Place, error) {
	candidates := []xmpp.JID{configured}
	if configured.IsZero() {
		q, err := ask(ctx, server, xmpp.GetIQ, xmltree.New(xmpp.ItemsSpace, "query"))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNone, err)
		}
		candidates = []xmpp.JID{server}
		for _, item := range xmpp.ParseItems(q.Query()) {
			if len(candidates) <= maxItems && item.Node == "" {
				candidates = append(candidates, item.JID)
			}
		}
	}
	return firstOf(ctx, ask, candidates)
}

// firstOf asks all candidates at once, since one that says nothing would be waited for by the others' users, and takes the first that
// has a place for us.
func firstOf(ctx context.Context, ask Asker, candidates []xmpp.JID) (*Place, error) {
	type found struct {
		place *Place
		err   error
	}
	var asking sync.WaitGroup
	defer asking.Wait()
	ctx, enough := context.WithCancel(ctx)
	defer enough()
	all := make(chan found, len(candidates))
	for _, j := range candidates {
		asking.Go(func() {
			p, err := try(ctx, ask, j)
			all <- found{p, err}
		})
	}
	failed := ErrNone
	for range candidates {
		f := <-all
		if f.err == nil {
			return f.place, nil
		}
		if !errors.Is(f.err, errOther) {
			failed = fmt.Errorf("%w: %w", ErrNone, f.err)
		}
	}
	return nil, failed
}

var errOther = errors.New("it is something else")

func try(ctx context.Context, ask Asker, j xmpp.JID) (*Place, error) {
	q, err := ask(ctx, j, xmpp.GetIQ, xmltree.New(xmpp.InfoSpace, "query"))
	if err != nil {
		return nil, errOther
	}
	info := xmpp.ParseInfo(q.Query())
	if info == nil || !slices.Contains(info.Features, xmpp.UploadSpace) {
		return nil, errOther
	}
	p := &Place{JID: j}
	for _, f := range info.Forms {
		if f.Kind() == xmpp.UploadSpace {
			p.Most, _ = strconv.ParseInt(f.Value("max-file-size"), 10, 64)
		}
	}
	s, err := p.slot(ctx, ask, "probe.txt", 1, "text/plain")
	if err != nil {
		return nil, err
	}
	for _, u := range []*url.URL{s.put, s.get} {
		if o := origin(u); !slices.Contains(p.origins, o) {
			p.origins = append(p.origins, o)
		}
	}
	return p, nil
}
