package transporttest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Scribe knows how one protocol's bytes are best written down.
type Scribe interface {
	// Split gives the length of the first whole frame or line in b, 0 when there is none yet.
	Split(from Side, b []byte) int
	// Spell gives the parts of a frame, and a comment for readers. A part with a Name and its value in Bytes
	// becomes a capture: defined where the name is new, else referred to. With a Size of 8 or less a later
	// value is spelt as the first one plus a number. Plus, Size and Ref are the Recorder's business.
	Spell(conn int, from Side, frame []byte) (parts []Part, comment string)
}

// A Recorder listens to a client's connections and writes a Talk. It may be used by many goroutines.
type Recorder struct {
	mu     sync.Mutex // guards all below; connections are read and written by the client's goroutines
	talk   Talk
	scribe Scribe
	conns  int
	known  map[string][]byte // captures defined so far
	order  []string          // their names, longest-known first
}

// NewRecorder begins a talk with origin's Server, Version, Date and How.
func NewRecorder(origin Talk, scribe Scribe) *Recorder {
	origin.Steps = nil
	return &Recorder{talk: origin, scribe: scribe, known: map[string][]byte{}}
}

// Dial wraps the dial of a client, so that what it says and hears is written down.
func (r *Recorder) Dial(dial func(ctx context.Context, address string) (net.Conn, error)) func(context.Context, string) (net.Conn, error) {
	return func(ctx context.Context, address string) (net.Conn, error) {
		conn, err := dial(ctx, address)
		if err != nil {
			return nil, err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.conns++
		step := Step{Conn: r.conns, Act: Connect}
		if r.conns > 1 {
			step.Parts = r.weave([]Part{{Bytes: []byte(address), Text: true}})
		}
		r.talk.Steps = append(r.talk.Steps, step)
		return &recorded{Conn: conn, r: r, n: r.conns}, nil
	}
}

// Words adds a Do, See or Meanwhile line.
func (r *Recorder) Words(act Act, words string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.talk.Steps = append(r.talk.Steps, Step{Act: act, Words: words})
}

// WriteTo writes what was recorded so far.
func (r *Recorder) WriteTo(w io.Writer) (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.talk.WriteTo(w)
}

// say writes down the whole frames at the front of b and gives what is left.
func (r *Recorder) say(n int, from Side, maybe bool, b []byte) []byte {
	for {
		size := r.scribe.Split(from, b)
		if size <= 0 || size > len(b) {
			return b
		}
		parts, comment := r.scribe.Spell(n, from, b[:size])
		r.add(Step{Conn: n, Act: Say, Who: from, Maybe: maybe, Parts: r.weave(parts), Note: comment})
		b = b[size:]
	}
}

// end writes down how a connection ended, and bytes that never became a frame.
func (r *Recorder) end(n int, from Side, rest []byte) {
	if len(rest) > 0 {
		r.add(Step{Conn: n, Act: Say, Who: from, Parts: []Part{{Bytes: bytes.Clone(rest)}}, Note: "and no more"})
	}
	r.add(Step{Conn: n, Act: Close, Who: from})
}

// crossing writes down what the client said when the server had closed the connection: another time it may say
// it just before.
func (r *Recorder) crossing(n int, b []byte) {
	for i := len(r.talk.Steps) - 1; i >= 0; i-- {
		s := r.talk.Steps[i]
		if s.Conn == n && s.Act == Close && s.Who == Server {
			step := Step{Conn: n, Act: Say, Who: Client, Maybe: true, Parts: r.weave([]Part{{Bytes: b}})}
			r.talk.Steps = slices.Insert(r.talk.Steps, i, step)
			return
		}
	}
}

func (r *Recorder) add(s Step) {
	s.Note = strings.ReplaceAll(s.Note, "\n", " ")
	r.talk.Steps = append(r.talk.Steps, s)
}

// shortest is how many bytes a captured value has at least to be looked for in what is said later.
const shortest = 8

// weave makes definitions and references of named parts, and looks for known values in the others.
func (r *Recorder) weave(parts []Part) []Part {
	var out []Part
	for _, p := range parts {
		p.Bytes = bytes.Clone(p.Bytes)
		if p.Name == "" {
			out = append(out, r.refer(p)...)
			continue
		}
		base, ok := r.known[p.Name]
		switch {
		case !ok:
			p.Size = len(p.Bytes)
			r.known[p.Name] = p.Bytes
			r.order = append(r.order, p.Name)
		case bytes.Equal(base, p.Bytes):
			p = Part{Name: p.Name, Ref: true}
		case len(base) == len(p.Bytes) && len(base) <= 8:
			p = Part{Name: p.Name, Ref: true, Plus: minus(p.Bytes, base)}
		default:
			p = Part{Bytes: p.Bytes}
		}
		out = append(out, p)
	}
	return out
}

// minus gives a-b of big-endian numbers of the same size, wrapping.
func minus(a, b []byte) int {
	number := func(v []byte) uint64 {
		var whole [8]byte
		copy(whole[8-len(v):], v)
		return binary.BigEndian.Uint64(whole[:])
	}
	d := number(a) - number(b)
	if len(a) < 8 {
		d &= 1<<(8*len(a)) - 1
	}
	return int(d)
}

// refer splits a literal around the captured values in it.
func (r *Recorder) refer(p Part) []Part {
	for _, name := range r.order {
		v := r.known[name]
		if len(v) < shortest {
			continue
		}
		i := bytes.Index(p.Bytes, v)
		if i < 0 {
			continue
		}
		var out []Part
		if i > 0 {
			out = append(out, r.refer(Part{Bytes: p.Bytes[:i], Text: p.Text})...)
		}
		out = append(out, Part{Name: name, Ref: true})
		if rest := p.Bytes[i+len(v):]; len(rest) > 0 {
			out = append(out, r.refer(Part{Bytes: rest, Text: p.Text})...)
		}
		return out
	}
	return []Part{p}
}

// recorded is a connection that is written down.
type recorded struct {
	net.Conn
	r            *Recorder
	n            int
	heard, said  []byte // not yet whole frames; guarded by the recorder's mutex
	parted, gone bool
	closing      bool // the client has had enough; what comes now it may never see
}

// Read implements net.Conn.
func (c *recorded) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	if c.gone {
		return n, err
	}
	c.heard = c.r.say(c.n, Server, c.closing, append(c.heard, b[:n]...))
	var ne net.Error
	if err != nil && !(errors.As(err, &ne) && ne.Timeout()) && !c.parted && !c.closing {
		c.gone = true
		c.r.end(c.n, Server, c.heard)
	}
	return n, err
}

// Write implements net.Conn.
func (c *recorded) Write(b []byte) (int, error) {
	c.r.mu.Lock()
	if c.gone {
		c.r.crossing(c.n, b)
	} else {
		c.said = c.r.say(c.n, Client, false, append(c.said, b...))
	}
	c.r.mu.Unlock()
	return c.Conn.Write(b)
}

// lastWords is how long a recorded connection listens when the client has closed it.
const lastWords = 200 * time.Millisecond

// Close implements net.Conn. Before it closes, it listens for what the server was just saying.
func (c *recorded) Close() error {
	c.r.mu.Lock()
	first := !c.gone && !c.closing
	c.closing = true
	c.r.mu.Unlock()
	if first && c.Conn.SetReadDeadline(time.Now().Add(lastWords)) == nil {
		rest := make([]byte, 4096)
		for err := error(nil); err == nil; {
			_, err = c.Read(rest)
		}
	}
	c.r.mu.Lock()
	if first {
		c.gone, c.parted = true, true
		c.r.end(c.n, Client, c.said)
	}
	c.r.mu.Unlock()
	return c.Conn.Close()
}

// Pause adds a Pause line.
func (r *Recorder) Pause(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.talk.Steps = append(r.talk.Steps, Step{Act: Pause, For: d})
}
