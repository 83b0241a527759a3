// Package speech says the gateway's sentences in the languages of its users. A sentence is written in English where
// it is used; what it is in other languages stands in a file for each (de.json, es.json), by the English sentence.
// A language is added by adding a file. It is pure.
package speech

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// A Text is a sentence in no language yet. A constant is one by itself; Of makes one with parts that differ each
// time. It is not to be shown as it is: In and String say it.
type Text string

// What separates the parts of a Text is no legal character of XML, so that no part can hold it: one for each depth
// of texts within texts. A part that is a text itself begins with inner.
const (
	lowest  = 0x1C
	highest = 0x1F
	inner   = "\x1B"
)

// Of makes a sentence of a format of fmt with only %s, %d and %q, and its parts. A part that is a Text is said in the
// same language.
func Of(format string, parts ...any) Text {
	list := make([]string, 0, len(parts)+1)
	list = append(list, format)
	depth := byte(lowest)
	for _, p := range parts {
		t, isText := p.(Text)
		if !isText {
			list = append(list, strip(fmt.Sprint(p)))
			continue
		}
		for c := byte(lowest); c < highest; c++ {
			if strings.IndexByte(string(t), c) >= 0 {
				depth = max(depth, c+1)
			}
		}
		list = append(list, inner+string(t))
	}
	return Text(strings.Join(list, string(rune(depth))))
}

// strip takes what separates out of a part.
func strip(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x1B && r <= highest {
			return -1
		}
		return r
	}, s)
}

// A Language is one in which the gateway speaks: "en", "de", "es".
type Language string

// English is what everything is written in, and what is said where a language is not known.
const English Language = "en"

// String says it in English.
func (t Text) String() string { return t.In(English) }

// In says it. A sentence that a language lacks is said in English.
func (t Text) In(l Language) string {
	if t == "" {
		return ""
	}
	for depth := byte(highest); depth >= lowest; depth-- {
		parts := strings.Split(string(t), string(rune(depth)))
		if len(parts) == 1 {
			continue
		}
		args := make([]any, 0, len(parts)-1)
		for _, p := range parts[1:] {
			if text, ok := strings.CutPrefix(p, inner); ok {
				p = Text(text).In(l)
			}
			args = append(args, p)
		}
		return fmt.Sprintf(strings.ReplaceAll(sentence(l, parts[0]), "%d", "%s"), args...)
	}
	return sentence(l, string(t))
}

func sentence(l Language, english string) string {
	if l == English {
		return english
	}
	if said, ok := books()[l][english]; ok {
		return said
	}
	return english
}

// Match gives the language that a user wants by a tag of RFC 5646 ("de-AT"), or English.
func Match(tag string) Language {
	if tag == "" {
		return English
	}
	t, err := language.Parse(tag)
	if err != nil {
		return English
	}
	base, _ := t.Base()
	if l := Language(base.String()); books()[l] != nil {
		return l
	}
	return English
}

// Languages are those in which the gateway speaks, English first.
func Languages() []Language {
	list := []Language{English}
	for l := range books() {
		list = append(list, l)
	}
	slices.Sort(list[1:])
	return list
}

// Name is what a language calls itself.
func (l Language) Name() string { return display.Self.Name(language.Make(string(l))) }

//go:embed *.json
var files embed.FS

// books are the sentences of each language, by the English ones. A file that can't be read is a mistake of ours,
// which a test finds; the language is missing then.
var books = sync.OnceValue(func() map[Language]map[string]string {
	out := map[Language]map[string]string{}
	entries, err := files.ReadDir(".")
	if err != nil {
		return out
	}
	for _, e := range entries {
		b, err := files.ReadFile(e.Name())
		book := map[string]string{}
		if err != nil || json.Unmarshal(b, &book) != nil {
			continue
		}
		out[Language(strings.TrimSuffix(e.Name(), path.Ext(e.Name())))] = book
	}
	return out
})
