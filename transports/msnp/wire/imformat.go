package wire

import (
	"fmt"
	"strconv"
	"strings"
)

// An IMFormat is X-MMS-IM-Format: how a whole text looks.
type IMFormat struct {
	Font                            string
	Bold, Italic, Underline, Strike bool
	Color                           string // "#rrggbb", or empty
	RightToLeft                     bool
}

// ParseIMFormat reads the value of the field; what cannot be read is left out.
func ParseIMFormat(value string) IMFormat {
	var f IMFormat
	for _, p := range strings.Split(value, ";") {
		name, v, _ := strings.Cut(strings.TrimSpace(p), "=")
		switch strings.ToUpper(name) {
		case "FN":
			f.Font = printable(Unescape(v))
		case "EF":
			f.Bold, f.Italic = strings.ContainsAny(v, "Bb"), strings.ContainsAny(v, "Ii")
			f.Underline, f.Strike = strings.ContainsAny(v, "Uu"), strings.ContainsAny(v, "Ss")
		case "CO":
			f.Color = colorOf(v)
		case "RL":
			f.RightToLeft = v == "1"
		}
	}
	return f
}

// colorOf reads BBGGRR without leading zeros. Black is what a text has anyway.
func colorOf(v string) string {
	n, err := strconv.ParseUint(v, 16, 32)
	if err != nil || n == 0 || n > 0xFFFFFF {
		return ""
	}
	return fmt.Sprintf("#%02x%02x%02x", n&0xFF, n>>8&0xFF, n>>16)
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return -1
		}
		return r
	}, s)
}

// String is the value of the field.
func (f IMFormat) String() string {
	var effects strings.Builder
	for _, e := range []struct {
		on     bool
		letter byte
	}{{f.Bold, 'B'}, {f.Italic, 'I'}, {f.Strike, 'S'}, {f.Underline, 'U'}} {
		if e.on {
			effects.WriteByte(e.letter)
		}
	}
	color := "0"
	if len(f.Color) == 7 {
		if n, err := strconv.ParseUint(f.Color[1:], 16, 32); err == nil {
			color = strconv.FormatUint(n&0xFF<<16|n&0xFF00|n>>16, 16)
		}
	}
	font := f.Font
	if font == "" {
		font = "Segoe UI"
	}
	s := fmt.Sprintf("FN=%s; EF=%s; CO=%s; CS=0; PF=22", Escape(font), effects.String(), color)
	if f.RightToLeft {
		s += "; RL=1"
	}
	return s
}
