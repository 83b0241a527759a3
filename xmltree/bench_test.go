package xmltree_test

import (
	"bytes"
	"encoding/xml"
	"strings"
	"testing"

	"imgate/xmltree"
)

// mix are four stanzas of 256 bytes in the mean.
var mix = []string{
	"<message from='alice@example.org/home' to='bob@aim.example.org' id='a1b2' type='chat'><body>Hello, how are you today? I hope all is well over there with you.</body>" +
		"<request xmlns='urn:xmpp:receipts'/><active xmlns='http://jabber.org/protocol/chatstates'/></message>",
	"<message from='alice@example.org/home' to='bob@aim.example.org' id='a1b3' type='chat'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>",
	"<presence from='alice@example.org/home' to='aim.example.org'><show>away</show><status>gone fishing</status><priority>5</priority>" +
		"<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='http://example.org/client' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>" +
		"<x xmlns='vcard-temp:x:update'><photo>da39a3ee5e6b4b0d3255bfef95601890afd80709</photo></x></presence>",
	"<iq from='alice@example.org/home' to='aim.example.org' id='d7' type='get'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>",
}

func stream(n int) string { return header + strings.Repeat(strings.Join(mix, ""), n/len(mix)) }

func BenchmarkReader(b *testing.B) {
	input := stream(4000)
	b.SetBytes(int64(len(input)) / 4000)
	b.ReportAllocs()
	var r *xmltree.Reader
	for i := range b.N {
		if i%4000 == 0 {
			r = xmltree.NewReader(strings.NewReader(input), xmltree.Limits{})
			if _, err := r.Open(); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := r.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodingXML(b *testing.B) {
	input := []byte(stream(4000))
	b.SetBytes(int64(len(input)) / 4000)
	b.ReportAllocs()
	for n := 0; n < b.N; {
		d := xml.NewDecoder(bytes.NewReader(input))
		depth := 0
		for n < b.N {
			token, err := d.Token()
			if err != nil {
				break
			}
			switch token.(type) {
			case xml.StartElement:
				depth++
			case xml.EndElement:
				if depth--; depth == 1 {
					n++
				}
			}
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	var list []*xmltree.Element
	for _, s := range mix {
		e, err := xmltree.Parse(s, xmltree.Limits{})
		if err != nil {
			b.Fatal(err)
		}
		list = append(list, e)
	}
	b.ReportAllocs()
	var buf []byte
	for i := range b.N {
		buf = list[i%len(list)].Append(buf[:0], "")
	}
}
