package oscar

import (
	"regexp"
	"testing"
)

func TestNamesAndTheirPattern(t *testing.T) {
	whole := regexp.MustCompile("^(?:" + aim().namePattern + ")$")
	for name, want := range map[string]bool{
		"Alice Liddell": true, "abc": true, " a b c ": true, "abcdefghijklmnop": true, "a1234567": true,
		"12345": true, "123 456": true, "1234567890": true, "alice@example.org": true, "Alice Liddell@example.org": true,
		"ab": false, "a b": false, "abcdefghijklmnopq": false, "1ab": false, "0123": false, "12": false, "12345678901": false,
		"alice_l": false, "@example.org": false, "alice@": false, "": false, " ": false, "al.ice": false,
	} {
		_, err := canonicalName(name)
		if (err == nil) != want || whole.MatchString(name) != want {
			t.Errorf("%q: %v; the pattern says %v", name, err, whole.MatchString(name))
		}
	}
}

func FuzzNamePattern(f *testing.F) {
	whole := regexp.MustCompile("^(?:" + aim().namePattern + ")$")
	f.Add("Alice Liddell")
	f.Add("alice@example.org")
	f.Fuzz(func(t *testing.T, name string) {
		id, err := canonicalName(name)
		if err != nil {
			return
		}
		if !whole.MatchString(name) {
			t.Errorf("%q is a name, and the pattern refuses it", name)
		}
		if again, err := canonicalName(string(id)); err != nil || again != id {
			t.Errorf("%q: %q is not canonical (%q, %v)", name, id, again, err)
		}
	})
}
