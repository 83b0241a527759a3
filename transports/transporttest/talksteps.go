package transporttest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"time"
)

func (p *Player) connect(ctx context.Context, s Step) error {
	ctx, cancel := context.WithTimeout(ctx, p.o.Patience)
	defer cancel()
	conn, err := p.meet(ctx, s)
	if err != nil {
		return fmt.Errorf("connection %d: %w", s.Conn, err)
	}
	p.lines[s.Conn] = newLine(conn)
	return nil
}

// accept answers the next Dial.
func (p *Player) accept(ctx context.Context, s Step) (net.Conn, error) {
	var d dialled
	select {
	case d = <-p.dialled:
	case <-ctx.Done():
		return nil, errors.New("the client did not connect")
	}
	if len(s.Parts) > 0 {
		if err := p.matchAll(s.Parts, []byte(d.address)); err != nil {
			d.answer <- nil
			return nil, fmt.Errorf("the client dialled %q: %w", d.address, err)
		}
	}
	theirs, ours := net.Pipe()
	l := &pipeEnd{Conn: theirs}
	d.answer <- l
	return &pipePeer{Conn: ours, other: l}, nil
}

// matchAll matches parts against the whole of b.
func (p *Player) matchAll(parts []Part, b []byte) error {
	l := &line{buf: b, eof: true, wake: make(chan struct{}, 1)}
	for i := range parts {
		if err := p.hear(context.Background(), l, parts, i); err != nil {
			return err
		}
	}
	if len(l.buf) > 0 {
		return fmt.Errorf("%q was not expected", l.buf)
	}
	return nil
}

func (p *Player) line(n int) (*line, error) {
	if l := p.lines[n]; l != nil {
		return l, nil
	}
	return nil, fmt.Errorf("connection %d was not made", n)
}

func (p *Player) say(ctx context.Context, s Step) error {
	l, err := p.line(s.Conn)
	if err != nil {
		return err
	}
	if s.Maybe {
		p.settle()
		if s.Who == p.me || len(l.leftover()) == 0 {
			return nil
		}
	}
	if s.Who == p.me {
		b, err := p.spell(s.Parts)
		if err != nil {
			return err
		}
		return l.write(b, p.o.Patience)
	}
	ctx, cancel := context.WithTimeout(ctx, p.o.Patience)
	defer cancel()
	for i := range s.Parts {
		if err := p.hear(ctx, l, s.Parts, i); err != nil {
			return fmt.Errorf("%s: part %d of %d, %s: %w", s.Who, i+1, len(s.Parts), s.Parts[i], err)
		}
	}
	return nil
}

// part plays a Close or Reset.
func (p *Player) part(ctx context.Context, s Step) error {
	l, err := p.line(s.Conn)
	if err != nil {
		return err
	}
	if s.Who == p.me {
		p.settle()
		if rest := l.leftover(); len(rest) > 0 {
			return fmt.Errorf("%d bytes left over before the end: % X", len(rest), rest)
		}
		if s.Act == Reset {
			return l.reset()
		}
		l.close()
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.o.Patience)
	defer cancel()
	rest, err := l.ends(ctx)
	if err != nil {
		return fmt.Errorf("%s did not close the connection: %w", s.Who, err)
	}
	if len(rest) > 0 {
		return fmt.Errorf("the end was expected, and came % X", rest)
	}
	return nil
}

// spell gives the bytes that this side says for parts.
func (p *Player) spell(parts []Part) ([]byte, error) {
	var out []byte
	for _, part := range parts {
		b, err := p.known(part)
		if err != nil {
			return nil, err
		}
		out = append(out, b...)
	}
	return out, nil
}

// known is what a part must be, where this side can know it.
func (p *Player) known(part Part) ([]byte, error) {
	switch {
	case part.Name == "":
		return part.Bytes, nil
	case part.Ref:
		v, ok := p.values[part.Name]
		if !ok {
			return nil, fmt.Errorf("<%s> is not bound yet", part.Name)
		}
		return plus(v, part.Plus), nil
	}
	v := part.Bytes
	if p.o.Value != nil {
		if own := p.o.Value(part.Name, p.values); own != nil {
			v = own
		}
	}
	if v == nil {
		return nil, fmt.Errorf("<%s> has no recorded value", part.Name)
	}
	p.values[part.Name] = bytes.Clone(v)
	return v, nil
}

// plus adds n to the big-endian number v, wrapping at its size. v has at most 8 bytes unless n is 0.
func plus(v []byte, n int) []byte {
	if n == 0 {
		return v
	}
	var whole [8]byte
	copy(whole[8-len(v):], v)
	binary.BigEndian.PutUint64(whole[:], binary.BigEndian.Uint64(whole[:])+uint64(n))
	return whole[8-len(v):]
}

// hear takes part i of parts from what the other side says.
func (p *Player) hear(ctx context.Context, l *line, parts []Part, i int) error {
	part := parts[i]
	if part.Name != "" && !part.Ref {
		return p.bind(ctx, l, parts, i)
	}
	want, err := p.known(part)
	if err != nil {
		return err
	}
	got, err := l.take(ctx, len(want))
	if err != nil {
		return fmt.Errorf("%w; had % X", err, got)
	}
	return differ(want, got)
}

func differ(want, got []byte) error {
	for i := range want {
		if want[i] != got[i] {
			return fmt.Errorf("byte %d is %02X instead of %02X\n  want % X %q\n  got  % X %q", i, got[i], want[i], want, want, got, got)
		}
	}
	return nil
}

// bind takes the first sight of a capture.
func (p *Player) bind(ctx context.Context, l *line, parts []Part, i int) (err error) {
	part := parts[i]
	var got []byte
	if part.Size == AnySize {
		if i+1 == len(parts) {
			return errors.New("nothing tells where it ends")
		}
		got, err = l.takeUntil(ctx, parts[i+1].Bytes)
	} else {
		got, err = l.take(ctx, part.Size)
	}
	if err != nil {
		return err
	}
	if p.o.Value != nil {
		if want := p.o.Value(part.Name, p.values); want != nil && !bytes.Equal(want, got) {
			return fmt.Errorf("<%s> should be % X and is % X", part.Name, want, got)
		}
	}
	p.values[part.Name] = bytes.Clone(got)
	return nil
}

// deadline is when a write that begins now has taken too long.
func deadline(patience time.Duration) time.Time { return time.Now().Add(patience) }
