package soap

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"imgate/adapters/soap/wire"
)

// docs/soap.md shows requests, answers and what is told, as fenced blocks that say so. They are played in their order,
// by one client in one session.
func TestTheDocumentTellsTheTruth(t *testing.T) {
	text, err := os.ReadFile("../../docs/soap.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?ms)^```xml (ask|answer|told)\n(.*?)\n```$").FindAllStringSubmatch(string(text), -1)
	if len(blocks) < 18 {
		t.Fatalf("%d blocks", len(blocks))
	}
	play(t, nil, func(w *world) {
		c := &client{w: w, session: "new", counts: true}
		var last *reply
		for _, b := range blocks {
			kind, want := b[1], plain(b[2])
			var got string
			switch kind {
			case "ask":
				last = c.asks(b[2])
				if token := last.Body.Get("authToken"); token != "" {
					c.token = token
				}
				continue
			case "answer":
				got = plain(string(wire.Envelope{Form: wire.JSON, Body: last.Body}.Append(nil)))
				want = shown(t, b[2])
			case "told":
				synctest.Wait()
				c.asks(noOp)
				got, want = strings.Join(c.heard, "|"), told(t, b[2])
				c.heard = nil
			}
			if got != want {
				t.Errorf("%s:\n%s\nand not\n%s", kind, got, want)
			}
		}
	})
}

// shown reads an answer of the document as if it had come.
func shown(t *testing.T, body string) string {
	t.Helper()
	e, err := wire.Read([]byte(soap12("", body)))
	if err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	return plain(string(wire.Envelope{Form: wire.JSON, Body: e.Body}.Append(nil)))
}

func told(t *testing.T, body string) string {
	t.Helper()
	e, err := wire.Read([]byte(soap12(`<notify seq="1"><im>`+body+`</im></notify>`, noOp)))
	if err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	r := &reply{t: t, Envelope: e}
	_, words, _ := strings.Cut(r.events(), ":")
	return words
}

// plain takes out what differs each time.
func plain(s string) string {
	for pattern, with := range map[string]string{
		`0_[\w-]+`: "0_…", `imgate-[A-Z0-9]{8}`: "…", `"lifetime":\{"_content":"(\d{9}|…)"`: `"lifetime":…`,
		`("session":\{"_content":)"[^"]*","id":"[^"]*"`: `$1…`,
	} {
		s = regexp.MustCompile(pattern).ReplaceAllString(s, with)
	}
	return s
}
