package transporttest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// maxTalkLine is the longest line of a talk, in bytes.
const maxTalkLine = 1 << 20

// ReadTalk reads the talk in the file at path, or fails the test.
func ReadTalk(t testing.TB, path string) *Talk {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	talk, err := ParseTalk(f)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return talk
}

// ParseTalk reads a talk. Errors begin with the number of the line.
func ParseTalk(r io.Reader) (*Talk, error) {
	p := parser{sizes: map[string]int{}, open: map[int]bool{}}
	s := bufio.NewScanner(r)
	s.Buffer(nil, maxTalkLine)
	for s.Scan() {
		p.line++
		if err := p.read(strings.TrimSuffix(s.Text(), "\r")); err != nil {
			return nil, fmt.Errorf("line %d: %w", p.line, err)
		}
	}
	if err := s.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", p.line+1, err)
	}
	if p.line == 0 {
		return nil, errors.New("line 1: empty; a talk begins with its origin")
	}
	return &p.talk, p.check()
}

type parser struct {
	talk  Talk
	line  int
	conn  int
	sizes map[string]int // of the captures defined so far
	open  map[int]bool   // connections that were made
}

func (p *parser) read(text string) error {
	if p.line == 1 {
		return p.origin(text)
	}
	l := lexer{rest: text, sizes: p.sizes}
	continued := text != "" && (text[0] == ' ' || text[0] == '\t')
	l.space()
	if l.done() {
		return nil
	}
	if continued {
		return p.more(&l)
	}
	word := l.word()
	act, ok := acts[word]
	if !ok {
		return fmt.Errorf("unknown word %q; C:, S:, connection, pause, do, see, meanwhile or # was expected", word)
	}
	step := Step{Line: p.line, Conn: p.conn}
	if err := act(p, &l, &step); err != nil {
		return err
	}
	if step.Act == Connect && step.Conn == 0 {
		return nil // back to a connection made before
	}
	step.Note = l.note
	p.talk.Steps = append(p.talk.Steps, step)
	return nil
}

// origin reads line 1: talk "server" "version" date "how".
func (p *parser) origin(text string) error {
	l := lexer{rest: text}
	if l.word() != "talk" {
		return errors.New(`a talk begins with: talk "server" "version" YYYY-MM-DD "how it was recorded"`)
	}
	fields := []*string{&p.talk.Server, &p.talk.Version, &p.talk.Date, &p.talk.How}
	for _, f := range fields {
		l.space()
		v, err := l.field()
		if err != nil {
			return err
		}
		*f = v
	}
	if _, err := time.Parse(time.DateOnly, p.talk.Date); err != nil {
		return fmt.Errorf("date %q: YYYY-MM-DD was expected", p.talk.Date)
	}
	if l.space(); !l.done() {
		return fmt.Errorf("%q after the origin", l.rest)
	}
	return nil
}

// more reads a line that continues the one before.
func (p *parser) more(l *lexer) error {
	n := len(p.talk.Steps)
	if n == 0 || p.talk.Steps[n-1].Act != Say {
		return errors.New("only bytes can be continued on an indented line")
	}
	step := &p.talk.Steps[n-1]
	parts, err := l.parts(step.Parts...)
	step.Parts = parts
	if l.note != "" {
		step.Note = l.note
	}
	return err
}

// acts is what the first word of a line begins.
var acts = map[string]func(*parser, *lexer, *Step) error{
	"C:":         func(p *parser, l *lexer, s *Step) error { return p.say(l, s, Client) },
	"S:":         func(p *parser, l *lexer, s *Step) error { return p.say(l, s, Server) },
	"C?:":        func(p *parser, l *lexer, s *Step) error { s.Maybe = true; return p.say(l, s, Client) },
	"S?:":        func(p *parser, l *lexer, s *Step) error { s.Maybe = true; return p.say(l, s, Server) },
	"connection": (*parser).connection,
	"pause":      (*parser).pause,
	"do":         func(_ *parser, l *lexer, s *Step) error { return words(l, s, Do) },
	"see":        func(_ *parser, l *lexer, s *Step) error { return words(l, s, See) },
	"meanwhile":  func(_ *parser, l *lexer, s *Step) error { return words(l, s, Meanwhile) },
}

func (p *parser) say(l *lexer, s *Step, who Side) (err error) {
	if p.conn == 0 {
		return errors.New("bytes before the first connection")
	}
	s.Who = who
	l.space()
	if s.Maybe {
		s.Parts, err = l.parts()
		s.Act = Say
		return err
	}
	switch l.peekWord() {
	case "close":
		s.Act = Close
		l.word()
		return l.end()
	case "reset":
		s.Act = Reset
		l.word()
		return l.end()
	}
	s.Act = Say
	s.Parts, err = l.parts()
	return err
}

func (p *parser) connection(l *lexer, s *Step) error {
	l.space()
	n, err := strconv.Atoi(l.word())
	if err != nil || n < 1 || n > 99 {
		return errors.New("connection: a number from 1 to 99 was expected")
	}
	p.conn, s.Conn, s.Act = n, n, Connect
	if s.Parts, err = l.parts(); err != nil {
		return err
	}
	if p.open[n] {
		s.Conn = 0
		if len(s.Parts) > 0 {
			return fmt.Errorf("connection %d was made before; an address can be given once", n)
		}
	}
	p.open[n] = true
	return nil
}

func (p *parser) pause(l *lexer, s *Step) error {
	l.space()
	d, err := time.ParseDuration(l.word())
	if err != nil || d <= 0 {
		return errors.New("pause: a time such as 5s was expected")
	}
	s.Act, s.For = Pause, d
	return l.end()
}

// words takes the whole rest of the line: there is no comment after do and see.
func words(l *lexer, s *Step, act Act) error {
	s.Act, s.Words = act, strings.TrimSpace(l.rest)
	l.rest = ""
	if s.Words == "" {
		return errors.New("words were expected")
	}
	return nil
}

// check looks at what only the whole talk shows: bytes without end, and captures without a following literal.
func (p *parser) check() error {
	for _, s := range p.talk.Steps {
		if s.Act == Say && len(s.Parts) == 0 {
			return fmt.Errorf("line %d: no bytes", s.Line)
		}
		for i, part := range s.Parts {
			if part.Ref || part.Size != AnySize {
				continue
			}
			if i+1 == len(s.Parts) || s.Parts[i+1].Name != "" {
				return fmt.Errorf("line %d: <%s:*> needs literal bytes after it", s.Line, part.Name)
			}
		}
	}
	return nil
}
