package transporttest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"
)

// Options are what a player may be told. The zero Options play the bytes only.
type Options struct {
	// Value gives the value of a capture on its first sight, from those bound before; nil for "I don't know".
	// What the other side says is checked against it, what this side says is taken from it.
	Value func(name string, bound map[string][]byte) []byte

	// Do and See take the lines between the client and its user, Meanwhile those of others; without them such
	// lines are passed over.
	Do, See, Meanwhile func(words string) error

	// Settle waits until the program under test has said what it has to say, before what is left over is
	// counted: synctest.Wait in a bubble. Nil: what has arrived counts.
	Settle func()

	// Patience is how long one step may take. 0: a minute.
	Patience time.Duration
}

// A Player plays one side of a talk.
type Player struct {
	talk   *Talk
	me     Side
	o      Options
	values map[string][]byte
	lines  map[int]*line
	meet   func(ctx context.Context, s Step) (net.Conn, error) // makes the connection of a Connect step

	dialled chan dialled
	cancel  context.CancelFunc
	done    chan struct{}
	mu      sync.Mutex // guards err and stray: Dial runs in the client's goroutines
	err     error
	stray   int // dials that no step expected
}

// dialled is a call of Dial, to be answered with a connection.
type dialled struct {
	address string
	answer  chan net.Conn
}

// Play plays the server of talk in the background, for the client that t tests. What goes wrong, and bytes
// or steps left over, fail t when it ends or when Finish is called.
func Play(t testing.TB, talk *Talk, o Options) *Player {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p := newPlayer(talk, Server, o)
	p.cancel = cancel
	p.meet = p.accept
	go func() {
		defer close(p.done)
		p.fail(p.play(ctx))
	}()
	t.Cleanup(func() {
		if err := p.Finish(); err != nil {
			t.Errorf("talk with %s: %v", talk.Server, err)
		}
	})
	return p
}

// PlayClient plays the client of talk against the server that dial reaches. Its error begins with the line
// that was not as it should be. Do and See lines are passed over unless o takes them.
func PlayClient(ctx context.Context, talk *Talk, dial func(ctx context.Context, address string) (net.Conn, error), o Options) error {
	p := newPlayer(talk, Client, o)
	p.meet = func(ctx context.Context, s Step) (net.Conn, error) {
		address, err := p.spell(s.Parts)
		if err != nil {
			return nil, err
		}
		return dial(ctx, string(address))
	}
	p.fail(p.play(ctx))
	p.settle()
	p.hangUp()
	return p.verdict()
}

func newPlayer(talk *Talk, me Side, o Options) *Player {
	if o.Patience == 0 {
		o.Patience = time.Minute
	}
	return &Player{
		talk: talk, me: me, o: o,
		values:  map[string][]byte{},
		lines:   map[int]*line{},
		dialled: make(chan dialled),
		done:    make(chan struct{}),
	}
}

// Dial is the Dial of a transports.Env: the connection ends at the player.
func (p *Player) Dial(ctx context.Context, address string) (net.Conn, error) {
	d := dialled{address: address, answer: make(chan net.Conn, 1)}
	select {
	case p.dialled <- d:
	case <-p.done:
		p.mu.Lock()
		p.stray++
		p.mu.Unlock()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("the talk is over")}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case conn := <-d.answer:
		if conn == nil {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("the talk says otherwise")}
		}
		return conn, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Done is closed when every step was played, or one failed.
func (p *Player) Done() <-chan struct{} { return p.done }

// Finish waits for the last step, hangs up, and says what went wrong or was left over. It can be called
// again.
func (p *Player) Finish() error {
	<-p.done
	p.settle()
	p.cancel()
	p.hangUp()
	return p.verdict()
}

func (p *Player) settle() {
	if p.o.Settle != nil {
		p.o.Settle()
	}
}

// hangUp closes what is open and counts what was never read.
func (p *Player) hangUp() {
	for n, l := range p.lines {
		if rest := l.leftover(); len(rest) > 0 {
			p.fail(fmt.Errorf("connection %d: %d bytes left over: % X", n, len(rest), rest[:min(len(rest), 64)]))
		}
		l.close()
	}
}

func (p *Player) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = err
	}
}

func (p *Player) verdict() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil && p.stray > 0 {
		return fmt.Errorf("%d connections more than the talk has", p.stray)
	}
	return p.err
}

// play plays every step. When one fails, all connections are closed, so that the other side ends too.
func (p *Player) play(ctx context.Context) error {
	for _, s := range p.talk.Steps {
		if err := p.step(ctx, s); err != nil {
			for _, l := range p.lines {
				l.close()
			}
			return fmt.Errorf("line %d: %w", s.Line, err)
		}
	}
	return nil
}

func (p *Player) step(ctx context.Context, s Step) error {
	switch s.Act {
	case Connect:
		return p.connect(ctx, s)
	case Say:
		return p.say(ctx, s)
	case Close, Reset:
		return p.part(ctx, s)
	case Pause:
		return sleep(ctx, s.For)
	case Do:
		return hook(p.o.Do, s.Words)
	case See:
		return hook(p.o.See, s.Words)
	case Meanwhile:
		return hook(p.o.Meanwhile, s.Words)
	}
	return fmt.Errorf("unknown act %d", s.Act)
}

func hook(f func(string) error, words string) error {
	if f == nil {
		return nil
	}
	return f(words)
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
