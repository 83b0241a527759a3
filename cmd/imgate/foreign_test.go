package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"imgate/component/componenttest"
)

// What ejabberd brings for a domain that nobody serves is answered in that domain's name, and told in the log once.
func TestStanzasOfOtherDomainsAreAnswered(t *testing.T) {
	config, _ := household(t, "127.0.0.1:1")
	x, address := listens(t, componenttest.Ejabberd(), "aim.example.org", "other.example.org") // of the same listener
	s := serverOf(t, config, address)
	var told lockedLog
	s.foreign.log = slog.New(slog.NewTextHandler(&told, nil))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	linked := make(chan struct{})
	go func() { defer close(linked); s.trunks[0].run(s.linkCtx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		<-linked
	}()
	peer := accepted(t, x)
	for _, stanza := range []string{
		`<iq type='get' id='a' from='romeo@example.org/x' to='other.example.org'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`,
		`<presence from='romeo@example.org/x' to='other.example.org'/>`,
		`<iq type='result' id='b' from='romeo@example.org/x' to='other.example.org'/>`,
		`<message type='chat' id='c' from='romeo@example.org/x' to='bob@other.example.org'><body>there?</body></message>`,
		`<iq type='get' id='d' from='romeo@example.org/x' to='aim.example.org'><query xmlns='http://jabber.org/protocol/disco#info'/></iq>`,
	} {
		peer.Send(stanza)
	}
	patient, enough := context.WithTimeout(t.Context(), 20*time.Second)
	defer enough()
	var got []string
	for len(got) < 3 {
		stanza, err := peer.Next(patient)
		if err != nil {
			t.Fatal(err, got)
		}
		head := stanza.Head()
		if head.To.Local == "romeo" {
			got = append(got, head.ID+" "+head.From.String())
		}
	}
	slices.Sort(got)
	if want := "a other.example.org,c bob@other.example.org,d aim.example.org"; strings.Join(got, ",") != want {
		t.Errorf("answered %q", got)
	}
	if n := strings.Count(told.String(), "other.example.org"); n != 1 {
		t.Errorf("told %d times: %s", n, told.String())
	}
}
