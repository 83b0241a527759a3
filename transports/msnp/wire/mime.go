package wire

import (
	"bytes"
	"strings"
)

// A Field is one line of a header.
type Field struct{ Name, Value string }

// A Message is the payload of MSG: a header and a body, after RFC 2045 as clients do it.
type Message struct {
	Header []Field
	Body   []byte
}

// The types of messages.
const (
	TypeText     = "text/plain"
	TypeControl  = "text/x-msmsgscontrol"
	TypeDatacast = "text/x-msnmsgr-datacast"
	TypeP2P      = "application/x-msnmsgrp2p"
	TypeInvite   = "text/x-msmsgsinvite"
	TypeEmoticon = "text/x-mms-emoticon"
	TypeAnimated = "text/x-mms-animemoticon"
	TypeProfile  = "text/x-msmsgsprofile"
	TypeInitMail = "text/x-msmsgsinitialmdatanotification"
	TypeNewMail  = "text/x-msmsgsoimnotification"
	TypeSystem   = "application/x-msmsgssystemmessage"
)

// maxFields bounds a header.
const maxFields = 64

// NewMessage makes a message of a type; more are the further fields, names and values by turns.
func NewMessage(kind string, body []byte, more ...string) Message {
	m := Message{Header: []Field{{"MIME-Version", "1.0"}, {"Content-Type", kind}}, Body: body}
	for i := 0; i+1 < len(more); i += 2 {
		m.Header = append(m.Header, Field{more[i], more[i+1]})
	}
	return m
}

// ParseMessage reads a payload. It never fails: what has no header is all body.
func ParseMessage(payload []byte) Message {
	var m Message
	rest := payload
	for {
		line, after, found := bytes.Cut(rest, []byte("\n"))
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			if found {
				m.Body = after
			}
			return m
		}
		name, value, is := bytes.Cut(line, []byte(":"))
		switch {
		case len(m.Header) == maxFields: // the rest of the header is left out
		case (line[0] == ' ' || line[0] == '\t') && len(m.Header) > 0: // goes on from the line before
			last := &m.Header[len(m.Header)-1]
			last.Value += " " + clean(bytes.TrimSpace(line))
		case !is:
			m.Body = rest
			return m
		default:
			m.Header = append(m.Header, Field{clean(bytes.TrimSpace(name)), clean(bytes.TrimSpace(value))})
		}
		if !found {
			return m
		}
		rest = after
	}
}

func clean(b []byte) string {
	return strings.ReplaceAll(strings.ToValidUTF8(string(b), "\uFFFD"), "\r", " ")
}

// Get is the value of a field, in any case of its name.
func (m Message) Get(name string) string {
	for _, f := range m.Header {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// Type is the content type without its parameters, in small letters.
func (m Message) Type() string {
	kind, _, _ := strings.Cut(m.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(kind))
}

// Charset is the parameter of that name, or empty.
func (m Message) Charset() string {
	_, params, _ := strings.Cut(m.Get("Content-Type"), ";")
	for _, p := range strings.Split(params, ";") {
		name, value, _ := strings.Cut(p, "=")
		if strings.EqualFold(strings.TrimSpace(name), "charset") {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}

// Append appends the message as a payload. Line ends in a value become spaces.
func (m Message) Append(b []byte) []byte {
	for _, f := range m.Header {
		b = append(b, oneLine(f.Name)...)
		b = append(b, ": "...)
		b = append(b, oneLine(f.Value)...)
		b = append(b, "\r\n"...)
	}
	b = append(b, "\r\n"...)
	return append(b, m.Body...)
}

func oneLine(s string) string {
	if strings.ContainsAny(s, "\r\n") {
		return strings.NewReplacer("\r", " ", "\n", " ").Replace(s)
	}
	return s
}
