package ymsg

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"imgate/transports"
	"imgate/transports/ymsg/wire"
)

// A trace shows packets whole, whatever the pieces they come in, and says of what began unseen no more than its length.
func TestTrace(t *testing.T) {
	stream := slices.Concat(
		packetOf(wire.Auth, wire.ServerAnswer, body("1", "alicewonder", "94", "SECRET")),
		packetOf(wire.Message, wire.ServerAnswer, body("4", "bobwonder", "14", "SECRET")),
		[]byte("HTTP/1.1 500 SECRET"))
	for size := 1; size <= len(stream); size += 7 {
		for _, passed := range []int{0, 10} {
			d := Yahoo().(transports.Traced).Describe(false)
			d.Pass(stream[:passed])
			var texts []string
			var shown []byte
			for piece := range slices.Chunk(stream[passed:], size) {
				for _, f := range d.Describe(piece) {
					texts = append(texts, f.Text)
					shown = append(shown, f.Bytes...)
				}
			}
			if len(shown)+d.Unfinished() != len(stream)-passed || bytes.Contains(shown, []byte("SECRET")) || strings.Contains(strings.Join(texts, " "), "SECRET") {
				t.Fatalf("pieces of %d, %d passed: %q, %d unfinished", size, passed, texts, d.Unfinished())
			}
			first := `YMSG 0, service 57 challenge, status 1, 1 me "alicewonder", 94 challenge (6 bytes)`
			if passed > 0 {
				first = "the last 38 bytes of a packet that began before"
			}
			if len(texts) < 3 || texts[0] != first || !strings.Contains(texts[len(texts)-1], "no YMSG") {
				t.Fatalf("pieces of %d, %d passed: %q", size, passed, texts)
			}
		}
	}
}
