package wire

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"strconv"
	"strings"
)

// The types of objects.
const (
	ObjectEmoticon = 2
	ObjectPicture  = 3
)

// An Object names data that a client has: its picture, an emoticon.
type Object struct {
	Creator  string
	Size     int
	Type     int
	Location string
	Friendly string // base64 of UTF-16
	SHA1D    string // base64 of the SHA-1 of the data
	SHA1C    string // of what stands in the object
}

// ErrObject is an object that cannot be read.
var ErrObject = errors.New("no picture object")

const maxObject = 4 << 10

// PictureObject describes data as creator's picture.
func PictureObject(creator string, data []byte) Object {
	sum := sha1.Sum(data)
	o := Object{
		Creator: creator, Size: len(data), Type: ObjectPicture, Location: "0", Friendly: "AAA=",
		SHA1D: base64.StdEncoding.EncodeToString(sum[:]),
	}
	o.SHA1C = o.sum()
	return o
}

func (o Object) sum() string {
	h := sha1.New()
	for _, p := range []string{"Creator", o.Creator, "Size", strconv.Itoa(o.Size), "Type", strconv.Itoa(o.Type),
		"Location", o.Location, "Friendly", o.Friendly, "SHA1D", o.SHA1D} {
		h.Write([]byte(p))
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// ParseObject reads an object as it stands in presence, read already. An empty one ("", "0", "<msnobj/>") has the zero
// value and no error.
func ParseObject(s string) (Object, error) {
	s = strings.TrimRight(strings.TrimSpace(s), "\x00")
	if s == "" || s == "0" {
		return Object{}, nil
	}
	if len(s) > maxObject {
		return Object{}, ErrObject
	}
	d := xml.NewDecoder(strings.NewReader(s))
	for {
		token, err := d.Token()
		if err != nil {
			return Object{}, ErrObject
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if !strings.EqualFold(start.Name.Local, "msnobj") {
			return Object{}, ErrObject
		}
		return objectOf(start.Attr)
	}
}

func objectOf(attrs []xml.Attr) (Object, error) {
	var o Object
	var err error
	for _, a := range attrs {
		switch strings.ToLower(a.Name.Local) {
		case "creator":
			o.Creator = a.Value
		case "size":
			o.Size, err = strconv.Atoi(strings.TrimSpace(a.Value))
		case "type":
			o.Type, err = strconv.Atoi(strings.TrimSpace(a.Value))
		case "location":
			o.Location = a.Value
		case "friendly":
			o.Friendly = a.Value
		case "sha1d":
			o.SHA1D = a.Value
		case "sha1c":
			o.SHA1C = a.Value
		}
		if err != nil || o.Size < 0 {
			return Object{}, ErrObject
		}
	}
	return o, nil
}

// IsZero reports whether there is no object.
func (o Object) IsZero() bool { return o == Object{} }

// String is the object as it stands in presence, before it is escaped.
func (o Object) String() string {
	var b strings.Builder
	b.WriteString("<msnobj")
	for _, a := range []struct{ name, value string }{
		{"Creator", o.Creator}, {"Size", strconv.Itoa(o.Size)}, {"Type", strconv.Itoa(o.Type)}, {"Location", o.Location},
		{"Friendly", o.Friendly}, {"SHA1D", o.SHA1D}, {"SHA1C", o.SHA1C},
	} {
		b.WriteString(" " + a.name + `="`)
		_ = xml.EscapeText(&b, []byte(a.value)) // a Builder takes everything
		b.WriteString(`"`)
	}
	b.WriteString("/>")
	return b.String()
}
