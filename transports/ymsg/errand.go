package ymsg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"imgate/transports"
)

const (
	maxErrands   = 8                // at a time
	errandWithin = 5 * time.Minute  // for one
	maxFile      = 64 << 20         // bytes of a file, either way
	maxPicture   = 512 << 10        // bytes of a picture
	pictureWait  = 30 * time.Second // for one
)

// An errand is something to fetch or to bring over HTTP, for a command that waits for it. run has a goroutine of its own, and
// touches nothing of the session's.
type errand struct {
	tag  transports.Tag
	run  func(ctx context.Context) (transports.Result, error)
	then func(err error) // if it is there, hears of the end instead of the command; the session calls it
}

// A homecoming is how an errand ended.
type homecoming struct {
	errand
	result transports.Result
	err    error
}

// errands are those that have yet to set out, and those that are out.
type errands struct {
	queue []errand
	out   int
	home  chan homecoming // unbuffered
}

// send has an errand run, or answers its command when there are too many.
func (e *errands) send(s *session, r errand) {
	if len(e.queue)+e.out >= maxErrands {
		s.done(r.tag, transports.Written, transports.ErrBusy)
		return
	}
	e.queue = append(e.queue, r)
}

// setOut starts what waits. ctx ends with the session.
func (e *errands) setOut(ctx context.Context, start func(name string, f func())) {
	for _, r := range e.queue {
		e.out++
		home := e.home
		start("ymsg errand", func() {
			limit, cancel := context.WithTimeout(ctx, errandWithin)
			defer cancel()
			result, err := r.run(limit)
			select {
			case home <- homecoming{r, result, err}:
			case <-ctx.Done():
			}
		})
	}
	e.queue = nil
}

// cameHome answers the command of an errand. What others may not see is not in the error.
func (s *session) cameHome(h homecoming) {
	s.errands.out--
	if h.err != nil {
		s.log.Info("errand failed", "err", h.err)
	}
	if h.then != nil {
		h.then(h.err)
		return
	}
	s.doneWith(h.tag, transports.Accepted, h.result, h.err)
}

// get fetches what is at an address that somebody has named: only where the dial policy lets it, over HTTP. The caller
// closes the body. The errors are ErrDenied, ErrUnknown and ErrUnavailable.
func get(ctx context.Context, client *http.Client, address string) (io.ReadCloser, error) {
	return getWith(ctx, client, address, http.Header{})
}

// getWith is get with headers.
func getWith(ctx context.Context, client *http.Client, address string, head http.Header) (io.ReadCloser, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%w: not an address to fetch from", transports.ErrDenied)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("%w: not an address to fetch from", transports.ErrDenied)
	}
	req.Header = head
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", transports.ErrUnavailable, withoutURL(err))
	}
	if resp.StatusCode != http.StatusOK {
		_ = resp.Body.Close() // nothing of it is wanted
		return nil, fmt.Errorf("%w: HTTP status %d", transports.ErrUnknown, resp.StatusCode)
	}
	return resp.Body, nil
}

// A bounded is a body that may have only so many bytes.
type bounded struct {
	io.ReadCloser
	left int64
}

// Read implements io.Reader. More bytes than may be are ErrTooLong.
func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, transports.ErrTooLong
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = withoutURL(err)
	}
	return n, err
}
