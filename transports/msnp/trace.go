package msnp

import (
	"fmt"

	"imgate/transports"
	"imgate/transports/msnp/wire"
)

// Describe implements transports.Traced.
func (network) Describe(out bool) transports.Describer {
	from := wire.FromServer
	if out {
		from = wire.FromClient
	}
	return &describer{from: from, place: wire.NewFollower(from)}
}

// A describer follows one direction of a connection to the notification server or to a switchboard.
type describer struct {
	from  wire.Sender
	place *wire.Follower
}

// Pass implements transports.Describer.
func (d *describer) Pass(b []byte) { d.place.Pass(b) }

// Unfinished implements transports.Describer.
func (d *describer) Unfinished() int { return d.place.Unfinished() }

// Describe implements transports.Describer.
func (d *describer) Describe(b []byte) []transports.Frame {
	var list []transports.Frame
	for len(b) > 0 {
		var frame []byte
		var whole bool
		if frame, whole, b = d.place.Next(b); frame == nil {
			break
		}
		switch {
		case whole:
			text, shown := wire.Describe(frame, d.from, transports.Hidden)
			list = append(list, transports.Frame{Text: text, Bytes: shown})
		case d.place.Lost():
			list = append(list, transports.Hide(fmt.Sprintf("%d bytes that are no MSNP", len(frame)), len(frame)))
		default:
			list = append(list, transports.Hide(fmt.Sprintf("the last %d bytes of a command that began before", len(frame)), len(frame)))
		}
	}
	return list
}
