package speech

import (
	"strings"
	"testing"
)

func TestMatch(t *testing.T) {
	for tag, want := range map[string]Language{
		"": English, "en": English, "en-GB": English, "de": "de", "de-AT": "de", "DE": "de", "es-419": "es", "fr": English, "x": English, "\x00": English,
	} {
		if got := Match(tag); got != want {
			t.Errorf("%q: %s", tag, got)
		}
	}
	if l := Languages(); len(l) < 3 || l[0] != English {
		t.Error(l)
	}
	if n := Language("de").Name(); n != "Deutsch" {
		t.Error(n)
	}
}

func TestSentencesWithinSentences(t *testing.T) {
	inner := Of("Signing on to %s again in %s.", "AIM", Of("%d min", 3))
	outer := Of("You are not signed on to %s. %s", "AIM", inner)
	if got := outer.String(); got != "You are not signed on to AIM. Signing on to AIM again in 3 min." {
		t.Error(got)
	}
	if got := outer.In("de"); got != "Sie sind nicht bei AIM angemeldet. Neue Anmeldung bei AIM in 3 min." {
		t.Error(got)
	}
	if got := Text("There is no registration.").In("es"); got != "No hay ningún registro." {
		t.Error(got)
	}
	if got := Text("Nobody has translated this.").In("es"); got != "Nobody has translated this." {
		t.Error(got)
	}
}

// Whatever the parts hold, they are said as they are, once, and in their place.
func FuzzOf(f *testing.F) {
	f.Add("AIM", "3 min")
	f.Add("\x1c\x1d%s\x1b", "%!d(MISSING)")
	f.Fuzz(func(t *testing.T, a, b string) {
		text := Of("%s (%s)", Of("Signed on to %s.", a), b)
		if got, want := text.String(), "Signed on to "+strip(a)+". ("+strip(b)+")"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if got, want := text.In("de"), "Bei "+strip(a)+" angemeldet. ("+strip(b)+")"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		if strings.ContainsAny(text.String(), "\x1b\x1c\x1d\x1e\x1f") {
			t.Errorf("%q", text)
		}
	})
}
