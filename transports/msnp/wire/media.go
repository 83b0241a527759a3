package wire

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// A Personal is the personal message and the current media (UUX, UBX).
type Personal struct {
	Message string
	Media   Media
}

// A Media is what somebody listens to.
type Media struct{ Artist, Title, Album string }

// ErrXML is XML that cannot be read, or is more of it than there may be.
var ErrXML = errors.New("no such XML")

const maxDepth = 32

// texts gives the text of the elements of those names, the first of each, anywhere in the document.
func texts(document []byte, names ...string) (map[string]string, error) {
	found := map[string]string{}
	err := walk(document, func(name, text string) bool {
		for _, n := range names {
			if _, had := found[n]; !had && strings.EqualFold(n, name) {
				found[n] = text
			}
		}
		return true
	}, nil)
	return found, err
}

// walk tells each element that has ended with the text directly in it, and, where opened is not nil, each that begins.
func walk(document []byte, ended func(name, text string) bool, opened func(name string)) error {
	d := xml.NewDecoder(strings.NewReader(strings.ToValidUTF8(string(document), "\uFFFD")))
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, ErrXML }
	var open [][]byte // the text directly in each element that is open
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return ErrXML
		}
		switch t := token.(type) {
		case xml.Directive:
			return ErrXML // no document of these services declares a type
		case xml.StartElement:
			if len(open) >= maxDepth {
				return ErrXML
			}
			open = append(open, nil)
			if opened != nil {
				opened(t.Name.Local)
			}
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1] = append(open[len(open)-1], t...)
			}
		case xml.EndElement:
			if !ended(t.Name.Local, string(open[len(open)-1])) {
				return nil
			}
			open = open[:len(open)-1]
		}
	}
}

// ParsePersonal reads the payload of UBX; an empty one is somebody who has said nothing.
func ParsePersonal(payload []byte) (Personal, error) {
	if len(strings.TrimSpace(string(payload))) == 0 {
		return Personal{}, nil
	}
	t, err := texts(payload, "PSM", "CurrentMedia")
	if err != nil {
		return Personal{}, err
	}
	return Personal{Message: printable(t["PSM"]), Media: parseMedia(t["CurrentMedia"])}, nil
}

const mediaSeparator = `\0`

// parseMedia reads application, kind, whether it plays, format and the format's arguments: \0Music\01\0{0} - {1}\0…
func parseMedia(s string) Media {
	parts := strings.Split(s, mediaSeparator)
	if len(parts) < 5 || !strings.HasPrefix(parts[2], "1") {
		return Media{}
	}
	arg := func(i int) string {
		if 4+i < len(parts) {
			return printable(parts[4+i])
		}
		return ""
	}
	if strings.Contains(parts[3], "{1}") { // "{0} - {1}": the title comes first, whatever the order that is shown
		return Media{Title: arg(0), Artist: arg(1), Album: arg(2)}
	}
	return Media{Title: arg(0)}
}

func (m Media) String() string {
	if m == (Media{}) {
		return ""
	}
	one := func(s string) string { return strings.ReplaceAll(s, mediaSeparator, " ") }
	format := "{0}"
	if m.Artist != "" {
		format = "{0} - {1}"
	}
	return strings.Join([]string{"", "Music", "1", format, one(m.Title), one(m.Artist), one(m.Album), "", ""}, mediaSeparator)
}

// Payload is the payload of UUX.
func (p Personal) Payload() []byte {
	var b strings.Builder
	b.WriteString("<Data><PSM>")
	_ = xml.EscapeText(&b, []byte(p.Message)) // a Builder takes everything
	b.WriteString("</PSM><CurrentMedia>")
	_ = xml.EscapeText(&b, []byte(p.Media.String()))
	b.WriteString("</CurrentMedia></Data>")
	return []byte(b.String())
}
