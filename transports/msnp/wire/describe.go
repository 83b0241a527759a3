package wire

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// A token is what a word must look like to be shown in a trace.
type token struct{ like *regexp.Regexp }

var tokens = map[string]token{
	"number":  {regexp.MustCompile(`^[0-9]{1,10}$`)},
	"address": {regexp.MustCompile(`^(N=)?[A-Za-z0-9!#$&'*+/=?^_{|}~.-]{1,64}@[A-Za-z0-9.-]{1,64}$`)},
	"host":    {regexp.MustCompile(`^[A-Za-z0-9.-]{1,64}(:[0-9]{1,5})?$`)},
	"guid":    {regexp.MustCompile(`^(C=)?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)},
	"dialect": {regexp.MustCompile(`^(MSNP[0-9]{1,2}|CVR0|0)$`)},
	"state":   {regexp.MustCompile(`^(NLN|BSY|IDL|BRB|AWY|PHN|LUN|HDN|FLN)$`)},
	"list":    {regexp.MustCompile(`^(FL|AL|BL|RL|PL)$`)},
	"class":   {regexp.MustCompile(`^[UNAD]$`)},
	"any":     {nil}, // hidden, whatever it is
}

// shown is what may be shown of commands: the words of one of their forms. A word that is no token stands for itself. What
// comes behind a form, and a command that has none, is not shown: tickets, cookies, names, groups, challenges and answers.
var shown = map[string][]string{
	"VER": {"number dialect dialect dialect dialect dialect", "number dialect dialect", "number dialect"},
	"CVR": {"number"}, "USR": {"number OK address", "number TWN I address", "number TWN S", "number address", "number"},
	"XFR": {"number SB host CKI", "number NS host", "number SB", "number"},
	"SYN": {"number"}, "BLP": {"number list", "list"}, "LST": {"address"}, "CHG": {"number state"},
	"ILN": {"number state address"}, "NLN": {"state address"}, "FLN": {"address"}, "UBX": {"address"}, "UUX": {"number"},
	"ADC": {"number list address", "number list guid guid", "number list guid", "number"},
	"ADD": {"number list address", "number list number address", "number"},
	"REM": {"number list guid guid", "number list guid", "number list address", "number list number address", "number"},
	"SBP": {"number guid MFN"}, "REA": {"number address", "number number address"}, "PRP": {"number MFN", "MFN"},
	"ADG": {"number"}, "RMG": {"number"}, "RNG": {"any host CKI any address"}, "ANS": {"number OK", "number address"},
	"IRO": {"number number number address"}, "JOI": {"address"}, "BYE": {"address"}, "CAL": {"number RINGING", "number address"},
	"MSG": {"number class", "address"}, "ACK": {"number"}, "NAK": {"number"}, "PNG": {}, "QNG": {"number"}, "CHL": {"number"}, "QRY": {"number"},
	"OUT": {"OTH", "SSD"}, "SBS": {"number"}, "NOT": {}, "GCF": {"number"},
}

// types are the messages whose kind may be told.
var types = []string{
	TypeText, TypeControl, TypeDatacast, TypeP2P, TypeInvite, TypeEmoticon, TypeAnimated, TypeProfile, TypeInitMail, TypeNewMail, TypeSystem,
}

// Describe says what a whole command is, and gives it with everything written over by hidden that may not be shown. The
// text is made of what is shown, and of lengths, and of nothing else.
func Describe(frame []byte, from Sender, hidden byte) (text string, out []byte) {
	out = bytes.Repeat([]byte{hidden}, len(frame))
	end := bytes.IndexByte(frame, '\n') + 1
	line := bytes.TrimRight(frame[:end], "\r\n")
	c, size, err := ParseLine(string(line), from)
	if err != nil {
		return fmt.Sprintf("%d bytes that are no command", len(frame)), out
	}
	copy(out[len(line):end], frame[len(line):end])
	var said strings.Builder
	words := spans(line)
	show := func(s span) {
		copy(out[s.from:s.to], line[s.from:s.to])
		said.WriteString(" " + string(line[s.from:s.to]))
	}
	show(words[0])
	form := formOf(c)
	for i, t := range form {
		if s := words[i+1]; t == "any" {
			said.WriteString(" …")
		} else {
			show(s)
		}
	}
	if len(c.Args) > len(form) {
		said.WriteString(" …")
	}
	if size >= 0 {
		last := words[len(words)-1]
		copy(out[last.from:last.to], line[last.from:last.to])
		fmt.Fprintf(&said, ", %d bytes", size)
		if m := ParseMessage(frame[end:]); c.Name == "MSG" && slices.Contains(types, m.Type()) {
			said.WriteString(" of " + m.Type())
		}
	}
	return strings.TrimLeft(said.String(), " "), out
}

// A span is where a word stands.
type span struct{ from, to int }

func spans(line []byte) (list []span) {
	for i := 0; i < len(line); {
		if line[i] == ' ' {
			i++
			continue
		}
		n := bytes.IndexByte(line[i:], ' ')
		if n < 0 {
			n = len(line) - i
		}
		list = append(list, span{i, i + n})
		i += n
	}
	return list
}

// formOf is the form that a command has, as its tokens.
func formOf(c Command) []string {
	forms := shown[c.Name]
	if _, isError := c.Code(); isError {
		forms = []string{"number"}
	}
	for _, form := range forms {
		words := strings.Fields(form)
		if len(words) <= len(c.Args) && fits(words, c.Args) {
			return words
		}
	}
	return nil
}

func fits(form, args []string) bool {
	for i, want := range form {
		t, known := tokens[want]
		switch {
		case !known && args[i] != want, known && t.like != nil && !t.like.MatchString(args[i]):
			return false
		}
	}
	return true
}
