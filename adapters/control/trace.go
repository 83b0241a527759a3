package control

import (
	"context"
	"net/netip"
	"time"

	"imgate/transports"
)

// An Event is a transports.TraceEvent for programs.
type Event struct {
	At     time.Time            `json:"at"`
	Kind   transports.TraceKind `json:"kind"`
	Conn   uint64               `json:"connection,omitempty"`
	Local  netip.AddrPort       `json:"local,omitzero"`
	Remote netip.AddrPort       `json:"remote,omitzero"`
	Out    bool                 `json:"out,omitempty"` // from us to the network
	Offset uint64               `json:"offset,omitempty"`
	Length int                  `json:"length,omitempty"` // bytes of a frame
	Text   string               `json:"text,omitempty"`
	Bytes  []byte               `json:"bytes,omitempty"` // of a frame, redacted, where the request asks for them
	Lost   int                  `json:"lost,omitempty"`
}

// maxFrame is how many bytes of a frame go into a line; of a longer one there is the length only.
const maxFrame = 256 << 10

// trace says which registration it is, if there is one yet, and then what happens on its wire.
func trace(ctx context.Context, v Verbs, r Request, say func(Line) bool) Line {
	if s, err := v.Standing(r.Key()); err == nil {
		d := Describe(s)
		say(Line{Registration: &d})
	}
	return outcome("", v.Trace(ctx, r.Key(), func(ev transports.TraceEvent) bool {
		e := Event{
			At: ev.At, Kind: ev.Kind, Conn: ev.Conn, Local: ev.Local, Remote: ev.Remote, Out: ev.Out,
			Offset: ev.Offset, Length: len(ev.Frame.Bytes), Text: ev.Frame.Text, Lost: ev.Lost,
		}
		if r.Bytes && e.Length <= maxFrame {
			e.Bytes = ev.Frame.Bytes
		}
		return say(Line{Event: &e})
	}))
}
