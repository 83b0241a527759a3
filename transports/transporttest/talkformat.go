package transporttest

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteTo writes the talk as ParseTalk reads it.
func (t *Talk) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "talk %s %s %s %s\n", quote([]byte(t.Server)), quote([]byte(t.Version)), t.Date, quote([]byte(t.How)))
	conn := 0
	for _, s := range t.Steps {
		if s.Conn != conn && s.Act != Connect && needsConn(s.Act) {
			b.WriteString("connection " + strconv.Itoa(s.Conn) + "\n")
		}
		if s.Act == Connect || needsConn(s.Act) {
			conn = s.Conn
		}
		b.WriteString(s.String())
		b.WriteByte('\n')
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

func needsConn(a Act) bool { return a == Say || a == Close || a == Reset }

// lineWidth is where String begins a new line within the bytes of a step, in characters.
const lineWidth = 120

// String spells the step as in a talk, without the end of the line.
func (s Step) String() string {
	switch s.Act {
	case Connect:
		return note(strings.TrimRight("connection "+strconv.Itoa(s.Conn)+" "+join(s.Parts), " "), s.Note)
	case Close:
		return note(s.Who.String()+": close", s.Note)
	case Reset:
		return note(s.Who.String()+": reset", s.Note)
	case Pause:
		return note("pause "+s.For.String(), s.Note)
	case Do:
		return "do " + s.Words
	case See:
		return "see " + s.Words
	case Meanwhile:
		return "meanwhile " + s.Words
	}
	who := s.Who.String() + ": "
	if s.Maybe {
		who = s.Who.String() + "?: "
	}
	return who + join(s.Parts) + commentAfter(s.Note)
}

func note(line, comment string) string { return line + commentAfter(comment) }

func commentAfter(comment string) string {
	if comment == "" {
		return ""
	}
	return "   # " + comment
}

// join spells parts, folded at lineWidth.
func join(parts []Part) string {
	var b strings.Builder
	width := 3
	for i, p := range parts {
		for j, word := range fold(p) {
			if i+j > 0 {
				if width+len(word) > lineWidth {
					b.WriteString("\n  ")
					width = 2
				}
				b.WriteByte(' ')
				width++
			}
			b.WriteString(word)
			width += len(word)
		}
	}
	return b.String()
}

// foldAt is how many bytes of hex stand in one word at most.
const foldAt = 48

// fold splits long literal hex into words.
func fold(p Part) []string {
	if p.Name != "" || p.Text || len(p.Bytes) <= foldAt {
		return []string{p.String()}
	}
	var words []string
	for b := p.Bytes; len(b) > 0; {
		n := min(foldAt, len(b))
		words = append(words, Part{Bytes: b[:n]}.String())
		b = b[n:]
	}
	return words
}
