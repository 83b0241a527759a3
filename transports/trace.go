package transports

import (
	"net/netip"
	"time"
)

// Traced is a Network that can say what goes over its wire without saying a secret. Of a network that is not,
// a trace shows times, directions and lengths only.
type Traced interface {
	// Describe follows one direction of one new connection; out is from us to the network. The answer is used by
	// one goroutine at a time. Behind Env.Dial's TLS it is given what is inside.
	Describe(out bool) Describer
}

// A Describer follows one direction of one connection through bytes that come in pieces of any size. It names
// what may be shown: what it does not know it hides. Passwords, hashes of them, cookies, tickets, tokens, keys and
// message texts are never among it. It must stand any bytes, keep no more than one frame, and never wait.
type Describer interface {
	// Pass follows bytes that nobody looks at. It is called for all that goes over the wire, so that it keeps the
	// place at next to no cost.
	Pass(b []byte)
	// Describe follows bytes and gives what they complete. The Frames' Bytes are the bytes of the stream in their
	// order, but for frames that began in bytes that were passed: of these only the end is there.
	Describe(b []byte) []Frame
	// Unfinished is how many bytes Describe has taken and not given yet.
	Unfinished() int
}

// A Frame is a piece of a connection that may be shown.
type Frame struct {
	Text  string // for people: what it is; may quote strangers, and holds no control characters
	Bytes []byte // as on the wire, and as long; what is hidden is written over with Hidden
}

// Hidden stands in a Frame for each byte that may not be shown.
const Hidden = 'x'

// Hide is the Frame of bytes of which nothing is known.
func Hide(text string, length int) Frame {
	b := make([]byte, length)
	for i := range b {
		b[i] = Hidden
	}
	return Frame{Text: text, Bytes: b}
}

// A TraceKind is what a TraceEvent tells of.
type TraceKind string

// The kinds of trace events.
const (
	TraceBegun   TraceKind = "begun"   // from here on everything is seen
	TraceOpened  TraceKind = "opened"  // a connection was made; Frame.Text is the address that was asked for
	TraceRefused TraceKind = "refused" // a connection that could not be made; Frame.Text says why
	TraceFrame   TraceKind = "frame"   // Frame went over the connection
	TraceClosed  TraceKind = "closed"  // we closed the connection
	TraceEnded   TraceKind = "ended"   // reading or writing has failed, or there is no more; Frame.Text says how
	TraceLost    TraceKind = "lost"    // Lost events are missing here: whoever looks was too slow
)

// A TraceEvent is one thing that happened on the wire of a registration.
type TraceEvent struct {
	At     time.Time
	Kind   TraceKind
	Conn   uint64 // numbers the connections of a process; one that was not opened was there before. 0: none
	Local  netip.AddrPort
	Remote netip.AddrPort
	Out    bool   // from us to the network
	Offset uint64 // of a frame: how many bytes went before it in its direction
	Frame  Frame
	Lost   int
}
