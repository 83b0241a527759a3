package scene

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Terms are what a scene is played under: lines before its first step.
type Terms struct {
	Needs []string          // what the XMPP server must have: "uploads", "tunes", "blocking", "privileges"
	With  map[string]string // settings of the network, each a value of TOML
	Each  []string          // of With, the one key that has several values: they are separated by " or "
}

// Need reports whether a scene needs something of the XMPP server.
func (t Terms) Need(what string) bool {
	for _, n := range t.Needs {
		if n == what {
			return true
		}
	}
	return false
}

// needs are what XMPP servers may lack.
var needs = [...]string{"uploads", "tunes", "blocking", "privileges"}

// read takes a line; false: it is none of the terms.
func (t *Terms) read(line string) (bool, error) {
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "needs":
		for _, known := range needs {
			if rest == known {
				t.Needs = append(t.Needs, rest)
				return true, nil
			}
		}
		return true, fmt.Errorf("a server has or lacks one of %q", needs)
	case "with":
		key, values, ok := strings.Cut(rest, " = ")
		all := strings.Split(values, " or ")
		if !ok || len(all) > 1 && t.Each != nil {
			return true, fmt.Errorf(`with KEY = VALUE, or several values of one key with " or " between them`)
		}
		if t.With == nil {
			t.With = map[string]string{}
		}
		t.With[key] = all[0]
		if len(all) > 1 {
			t.Each = append([]string{key}, all...)
		}
		return true, nil
	}
	return false, nil
}

// Variants are the scenes that this one stands for: one for each value of the setting that has several, else itself.
func (s *Scene) Variants() []*Scene {
	if s.Terms.Each == nil {
		return []*Scene{s}
	}
	var all []*Scene
	for _, value := range s.Terms.Each[1:] {
		v := *s
		v.Terms.With = map[string]string{}
		for k, was := range s.Terms.With {
			v.Terms.With[k] = was
		}
		v.Terms.With[s.Terms.Each[0]] = value
		v.Name = strings.Map(func(r rune) rune {
			if strings.ContainsRune(`"[]`, r) {
				return -1
			}
			return r
		}, value)
		all = append(all, &v)
	}
	return all
}

// String names a scene by its file, and its variant where there are several.
func (s *Scene) String() string {
	name := strings.TrimSuffix(filepath.Base(s.File), ".scene")
	if s.Name != "" {
		name += "-" + s.Name
	}
	return name
}
