package transporttest

import (
	"bytes"
	"strings"
	"testing"
)

const origin = "talk \"Some Server\" \"v1\" 2026-11-21 \"by hand\"\n"

const example = origin + `# a whole-line comment
connection 1 "login:5190"
S: 2A01 0064 <len:2=0004> 00000001   # hello
C: 2A01 <c1:2=0007> 0004
   00000001
do send bob "hi" # not a comment
S: "VER " <trid:*=" 1"> "\r\n"
C: <c1+1> "a\"\\\n\t\xFF" <trid>
C?: 0102
S: close
connection 2 <trid>
C: 00
connection 1
C: reset
pause 1.5s
meanwhile bob goes home
see done 1
`

func TestTalkReadAndWritten(t *testing.T) {
	talk, err := ParseTalk(strings.NewReader(example))
	if err != nil {
		t.Fatal(err)
	}
	if talk.Server != "Some Server" || talk.How != ByHand || len(talk.Steps) != 14 {
		t.Errorf("got %+v", talk)
	}
	if n := talk.Steps[1].Note; n != "hello" {
		t.Errorf("note %q", n)
	}
	var once, twice bytes.Buffer
	talk.WriteTo(&once)
	again, err := ParseTalk(bytes.NewReader(once.Bytes()))
	if err != nil {
		t.Fatalf("%v in\n%s", err, &once)
	}
	again.WriteTo(&twice)
	if once.String() != twice.String() {
		t.Errorf("written once\n%s\nand again\n%s", &once, &twice)
	}
}

func TestTalkMistakes(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "line 1"},
		{"no origin", "S: 00\n", "a talk begins"},
		{"date", "talk a b yesterday d\n", "YYYY-MM-DD"},
		{"short origin", "talk a b 2026-01-01\n", "too early"},
		{"unknown word", origin + "X: 00\n", "line 2: unknown word"},
		{"no connection", origin + "S: 00\n", "before the first connection"},
		{"odd hex", origin + "connection 1\nS: 001\n", "line 3: hex"},
		{"no bytes", origin + "connection 1\nS: # nothing\n", "no bytes"},
		{"open text", origin + "connection 1\nS: \"abc\n", "closing quote"},
		{"escape", origin + "connection 1\nS: \"\\q\"\n", "unknown escape"},
		{"unknown capture", origin + "connection 1\nS: <a>\n", "not defined"},
		{"twice", origin + "connection 1\nS: <a:1=00>\nS: <a:1=00>\n", "defined before"},
		{"value of another size", origin + "connection 1\nS: <a:2=00>\n", "1 bytes for a capture of 2"},
		{"plus on a text", origin + "connection 1\nS: <a:*=00> 00\nS: <a+1>\n", "1 to 8 bytes"},
		{"endless", origin + "connection 1\nS: <a:*>\n", "needs literal bytes"},
		{"nothing to continue", origin + "connection 1\n  00\n", "only bytes"},
		{"pause", origin + "pause soon\n", "such as 5s"},
		{"address twice", origin + "connection 1\nconnection 1 \"x:1\"\n", "given once"},
		{"words", origin + "do\n", "words"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ParseTalk(strings.NewReader(tt.text))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want …%s…", err, tt.want)
			}
		})
	}
}

// FuzzParseTalk: no text makes the parser panic, and what it reads it can write and read again.
func FuzzParseTalk(f *testing.F) {
	f.Add(example)
	f.Add(origin + "connection 1\nS: <a:*=\"x\"> 00 <a>\n")
	f.Fuzz(func(t *testing.T, text string) {
		talk, err := ParseTalk(strings.NewReader(text))
		if err != nil {
			return
		}
		var b bytes.Buffer
		talk.WriteTo(&b)
		again, err := ParseTalk(bytes.NewReader(b.Bytes()))
		if err != nil {
			t.Fatalf("%v in\n%q\nof\n%q", err, b.String(), text)
		}
		if len(again.Steps) != len(talk.Steps) {
			t.Fatalf("%d steps became %d", len(talk.Steps), len(again.Steps))
		}
	})
}
