package transporttest

import (
	"fmt"
	"strings"
	"time"
)

// Others are the users beside the one whose talk it is, who do what its Meanwhile lines say.
type Others struct {
	// Also are lines that only one network has: who, and what follows the word. Nil: none.
	Also map[string]func(name, words string) error

	role   func(name string) Role
	actors map[string]*Actor
}

// NewOthers are users who all play what role says of them.
func NewOthers(role func(name string) Role) *Others {
	return &Others{role: role, actors: map[string]*Actor{}}
}

// Play carries out a line such as "bobwonder on", "bobwonder do …", "bobwonder until message", "bobwonder quiet 2s",
// "bobwonder off"; "bobwonder comes" is "on" without waiting for the list.
func (o *Others) Play(line string) error {
	name, words, _ := strings.Cut(line, " ")
	word, rest, _ := strings.Cut(words, " ")
	if also := o.Also[word]; also != nil {
		return also(name, rest)
	}
	a := o.actors[name]
	switch {
	case word == "on":
		a = Perform(o.role(name))
		o.actors[name] = a
		return a.Until("contacts")
	case word == "comes":
		o.actors[name] = Perform(o.role(name))
		return nil
	case a == nil:
		return fmt.Errorf("%s is not signed on", name)
	case word == "do":
		return a.Do(rest)
	case word == "quiet":
		return a.idle(rest)
	case word == "until":
		return a.Until(rest)
	case word == "off":
		a.Stop()
		a.Wait()
		delete(o.actors, name)
		return nil
	}
	return fmt.Errorf("%q is no line of a script", line)
}

// Stop ends all their sessions.
func (o *Others) Stop() {
	for _, a := range o.actors {
		a.Stop()
		a.Wait()
	}
}

// Until waits for an event that begins with words.
func (a *Actor) Until(words string) error {
	for {
		got, ok := a.Next(a.patience)
		if !ok {
			return fmt.Errorf("%s was not seen", words)
		}
		if strings.HasPrefix(got, words) {
			return nil
		}
	}
}

// idle lets the actor see what it will for so long.
func (a *Actor) idle(duration string) error {
	d, err := time.ParseDuration(duration)
	if err != nil {
		return err
	}
	for end := time.Now().Add(d); ; {
		if _, ok := a.Next(time.Until(end)); !ok {
			return nil
		}
	}
}
