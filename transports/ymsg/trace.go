package ymsg

import (
	"fmt"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// Describe implements transports.Traced.
func (network) Describe(bool) transports.Describer { return &describer{} }

// A describer follows one direction of a YMSG connection.
type describer struct{ place wire.Follower }

// Pass implements transports.Describer.
func (d *describer) Pass(b []byte) { d.place.Pass(b) }

// Unfinished implements transports.Describer.
func (d *describer) Unfinished() int { return d.place.Unfinished() }

// Describe implements transports.Describer.
func (d *describer) Describe(b []byte) []transports.Frame {
	var list []transports.Frame
	for len(b) > 0 {
		var packet []byte
		var whole bool
		if packet, whole, b = d.place.Next(b); packet == nil {
			break
		}
		switch {
		case whole:
			text, shown := wire.Describe(packet, transports.Hidden)
			list = append(list, transports.Frame{Text: text, Bytes: shown})
		case d.place.Lost():
			list = append(list, transports.Hide(fmt.Sprintf("%d bytes that are no YMSG", len(packet)), len(packet)))
		default:
			list = append(list, transports.Hide(fmt.Sprintf("the last %d bytes of a packet that began before", len(packet)), len(packet)))
		}
	}
	return list
}
