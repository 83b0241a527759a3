package oscar_test

import (
	"fmt"
	"strings"
	"time"

	"imgate/transports/transporttest"
)

// others are the users beside the one whose talk it is, who do what its Meanwhile lines say.
type others struct {
	talk   string
	server string
	dial   dialer
	actors map[string]*transporttest.Actor
	roughs map[string]*rough
}

func newOthers(talk, server string, dial dialer) *others {
	return &others{talk, server, dial, map[string]*transporttest.Actor{}, map[string]*rough{}}
}

// play carries out a line such as "bobwonder on", "bobwonder do …", "bobwonder quiet 2s", "bobwonder off".
func (o *others) play(line string) error {
	name, words, _ := strings.Cut(line, " ")
	word, rest, _ := strings.Cut(words, " ")
	if word == "rough" {
		return o.roughly(name, rest)
	}
	a := o.actors[name]
	switch {
	case word == "on":
		part := role(name, password, o.server, o.dial)
		part.Settings = settingsIn(o.talk, o.server)
		a = transporttest.Perform(part)
		o.actors[name] = a
		return await(a, "contacts")
	case a == nil:
		return fmt.Errorf("%s is not signed on", name)
	case word == "do":
		return a.Do(rest)
	case word == "quiet":
		return idle(a, rest)
	case word == "off":
		a.Stop()
		a.Wait()
		delete(o.actors, name)
		return nil
	}
	return fmt.Errorf("%q is no line of a script", line)
}

// roughly plays "bobwonder rough on", "bobwonder rough warn alicewonder" and the like, "bobwonder rough off".
func (o *others) roughly(name, words string) (err error) {
	switch r := o.roughs[name]; {
	case words == "on":
		o.roughs[name], err = newRough(name, o.server, o.dial)
		return err
	case r == nil:
		return fmt.Errorf("%s is not signed on", name)
	case words == "off":
		r.leave()
		delete(o.roughs, name)
		return nil
	default:
		return r.does(words)
	}
}

func (o *others) stop() {
	for _, r := range o.roughs {
		r.leave()
	}
	for _, a := range o.actors {
		a.Stop()
		a.Wait()
	}
}

// await waits until a sees an event that begins with words.
func await(a *transporttest.Actor, words string) error {
	for {
		got, ok := a.Next(patience)
		if !ok {
			return fmt.Errorf("%s was not seen", words)
		}
		if strings.HasPrefix(got, words) {
			return nil
		}
	}
}

// idle lets a see what it will for so long.
func idle(a *transporttest.Actor, duration string) error {
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
