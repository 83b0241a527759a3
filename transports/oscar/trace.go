package oscar

import (
	"fmt"

	"imgate/transports"
	"imgate/transports/oscar/wire"
)

// Describe implements transports.Traced.
func (n network) Describe(bool) transports.Describer { return &describer{} }

// A describer follows one direction of a FLAP connection.
type describer struct{ place wire.Follower }

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
			text, shown := wire.Describe(frame, transports.Hidden)
			list = append(list, transports.Frame{Text: text, Bytes: shown})
		case d.place.Lost():
			list = append(list, transports.Hide(fmt.Sprintf("%d bytes that are no FLAP", len(frame)), len(frame)))
		default:
			list = append(list, transports.Hide(fmt.Sprintf("the last %d bytes of a frame that began before", len(frame)), len(frame)))
		}
	}
	return list
}
