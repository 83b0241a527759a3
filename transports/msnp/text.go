package msnp

import (
	"strings"
	"unicode/utf8"

	"imgate/richtext"
	"imgate/transports"
	"imgate/transports/msnp/wire"
)

const (
	maxBoardPayload = 1664  // bytes of a message on a switchboard, its header and all; a longer one ends the connection
	maxText         = 16000 // bytes of a text; what does not fit one message goes in several
)

// A format is a style of the whole text; MSN has no other. What only some of a text has, and links, are said in words.
func formatOf(body transports.Body) wire.IMFormat {
	if len(body.Runs) == 0 {
		return wire.IMFormat{}
	}
	common := body.Runs[0].Style
	for _, r := range body.Runs[1:] {
		s := r.Style
		common.Bold, common.Italic = common.Bold && s.Bold, common.Italic && s.Italic
		common.Underline, common.Strike = common.Underline && s.Underline, common.Strike && s.Strike
		if s.Color != common.Color {
			common.Color = ""
		}
		if s.Font != common.Font {
			common.Font = ""
		}
	}
	return wire.IMFormat{
		Font: common.Font, Bold: common.Bold, Italic: common.Italic, Underline: common.Underline, Strike: common.Strike,
		Color: common.Color,
	}
}

// textOf is the text, with the addresses of links that do not show theirs.
func textOf(body transports.Body) string {
	var b strings.Builder
	for _, r := range body.Runs {
		b.WriteString(r.Text)
		if r.Style.Link != "" && !strings.Contains(r.Text, r.Style.Link) && r.Style.Link != "mailto:"+r.Text {
			b.WriteString(" <" + r.Style.Link + ">")
		}
	}
	return b.String()
}

// payloadsOf makes the messages that carry a text.
func payloadsOf(body transports.Body) (payloads [][]byte, texts []string, err error) {
	text := textOf(body)
	if len(text) > maxText {
		return nil, nil, transports.ErrTooLong
	}
	format := formatOf(body).String()
	empty := wire.NewMessage(wire.TypeText+"; charset=UTF-8", nil, "X-MMS-IM-Format", format)
	room := maxBoardPayload - len(empty.Append(nil))
	if room < maxBoardPayload/2 {
		empty = wire.NewMessage(wire.TypeText+"; charset=UTF-8", nil)
		room = maxBoardPayload - len(empty.Append(nil))
	}
	for _, part := range split(strings.ReplaceAll(text, "\n", "\r\n"), room) {
		m := empty
		m.Body = []byte(part)
		payloads, texts = append(payloads, m.Append(nil)), append(texts, part)
	}
	return payloads, texts, nil
}

// split cuts a text into pieces of at most max bytes, of whole characters, at a space where there is one in the last
// quarter. Nothing is lost but the spaces at which it was cut.
func split(text string, max int) []string {
	if text == "" {
		return []string{""}
	}
	var parts []string
	for len(text) > max {
		end := max
		for end > 0 && !utf8.RuneStart(text[end]) {
			end--
		}
		if end > 0 && text[end] == '\n' && text[end-1] == '\r' {
			end--
		}
		next := end
		if space := strings.LastIndexAny(text[:end], " \n"); space > max*3/4 {
			end, next = space, space+1
			if text[end] == '\n' && end > 0 && text[end-1] == '\r' {
				end--
			}
		}
		parts = append(parts, text[:end])
		text = text[next:]
	}
	if text != "" {
		parts = append(parts, text)
	}
	return parts
}

// bodyOf reads a text message.
func bodyOf(m wire.Message) transports.Body {
	text := decode(m.Body, m.Charset())
	body := richtext.Plain(strings.TrimRight(text, "\x00"))
	f := wire.ParseIMFormat(m.Get("X-MMS-IM-Format"))
	style := richtext.Style{Bold: f.Bold, Italic: f.Italic, Underline: f.Underline, Strike: f.Strike, Color: f.Color, Font: f.Font}
	if f.Font == "Segoe UI" || f.Font == "MS Shell Dlg" || f.Font == "Microsoft Sans Serif" || f.Font == "MS Sans Serif" {
		style.Font = "" // what clients have when nobody chose a font
	}
	for i := range body.Runs {
		body.Runs[i].Style = style
	}
	return body
}

// decode reads bytes of a charset; those that name none, or a wrong one, are mostly UTF-8.
func decode(b []byte, charset string) string {
	fallback, err := richtext.CharsetOf(charset)
	if err != nil || strings.EqualFold(charset, "utf-8") {
		fallback = richtext.Charset{}
	}
	return richtext.Guess(b, fallback)
}
