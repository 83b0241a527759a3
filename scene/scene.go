// Package scene plays scenes: short stories of users and a legacy network, one line a step. The same story is
// played against the gateway under fake time, and against real servers and clients.
//
// Lines that are indented happen on the legacy side. README.md lists the steps.
package scene

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A Scene is a story.
type Scene struct {
	File    string
	Service string // on which it plays: what the file's name begins with, before a "-"; "aim" where that is a number
	Title   string // its first line, a comment
	Name    string // of the variant; empty: there is one only
	Terms   Terms
	Steps   []Step
}

// A Step is one line.
type Step struct {
	Line   int
	Legacy bool // indented: the network acts
	Words  []string
}

// Read reads a scene file. Blank lines and lines that begin with "#" are not steps.
func Read(file string) (*Scene, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return Parse(file, string(b))
}

// Parse reads the text of a scene. The error names file and line.
func Parse(file, text string) (*Scene, error) {
	s := &Scene{File: file, Service: "aim"}
	if name, _, _ := strings.Cut(filepath.Base(file), "-"); strings.Trim(name, "0123456789") != "" && !strings.Contains(name, ".") {
		s.Service = name
	}
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimSpace(line)
		if comment, ok := strings.CutPrefix(trimmed, "#"); ok || trimmed == "" {
			if s.Title == "" {
				s.Title = strings.TrimSpace(comment)
			}
			continue
		}
		if len(s.Steps) == 0 {
			is, err := s.Terms.read(trimmed)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
			}
			if is {
				continue
			}
		}
		words, err := split(trimmed)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
		s.Steps = append(s.Steps, Step{i + 1, strings.HasPrefix(line, " "), words})
	}
	return s, nil
}

// split makes words of a line; what stands in quotes is one word that may hold spaces.
func split(line string) ([]string, error) {
	var words []string
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		if rest, ok := strings.CutPrefix(line, `"`); ok {
			word, after, closed := strings.Cut(rest, `"`)
			if !closed {
				return nil, fmt.Errorf("a quote is not closed")
			}
			words, line = append(words, word), after
			continue
		}
		word, after, _ := strings.Cut(line, " ")
		words, line = append(words, word), after
	}
	return words, nil
}

// match holds words against a pattern: "*" is one word, given back; a pattern that ends in "…" takes any rest.
func match(pattern string, words []string) ([]string, bool) {
	var got []string
	for _, p := range strings.Fields(pattern) {
		if p == "…" {
			return append(got, words...), true
		}
		if len(words) == 0 || p != "*" && p != words[0] {
			return nil, false
		}
		if p == "*" {
			got = append(got, words[0])
		}
		words = words[1:]
	}
	return got, len(words) == 0
}
