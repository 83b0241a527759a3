package wire

import (
	"mime"
	"strings"
	"time"
)

// A Mail is one offline message that waits, as the notice of it tells.
type Mail struct {
	ID   string
	From string // address
	Nick string
	Sent time.Time // zero: not told
}

const maxMails = 1000

// TooLarge is what stands for a list of mails that did not fit into the notice: it must be asked for (GetMetadata).
const TooLarge = "too-large"

// ParseMails reads the field Mail-Data of a notice, or the answer to GetMetadata.
func ParseMails(data string) ([]Mail, error) {
	if strings.TrimSpace(data) == "" {
		return nil, nil
	}
	var list []Mail
	var m *Mail
	err := walk([]byte(data), func(name, text string) bool {
		if m == nil {
			return true
		}
		switch text = strings.TrimSpace(text); name {
		case "I":
			m.ID = text
		case "E":
			m.From = text
		case "N":
			m.Nick = decodeWords(text)
		case "RT":
			m.Sent = mailTime(text)
		case "M":
			if m.ID != "" {
				list = append(list, *m)
			}
			m = nil
		}
		return len(list) < maxMails
	}, func(name string) {
		if name == "M" {
			m = &Mail{}
		}
	})
	return list, err
}

func mailTime(s string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

// decodeWords reads RFC 2047's encoded words; what cannot be read stays.
func decodeWords(s string) string {
	out, err := new(mime.WordDecoder).DecodeHeader(s)
	if err != nil {
		out = s
	}
	return printable(strings.ToValidUTF8(out, "\uFFFD"))
}
