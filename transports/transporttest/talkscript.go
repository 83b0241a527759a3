package transporttest

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"imgate/transports"
)

// A Script is how a talk is recorded, line by line.
//
//	on                    the user signs on; without this line at the very beginning
//	again                 …once more, after the end, with what was kept
//	do WORDS              the user wants something
//	until WORDS           what is seen is recorded, up to an event that begins so
//	quiet 2s              …for so long
//	operator WORDS        the server's operator does something
//	NAME on, NAME do …    others, as Others.Play has it
type Script struct {
	Name  string // of the file, without its ending
	User  string
	Lines []string
}

// A Studio is where scripts become talks.
type Studio struct {
	Origin   Talk // its Server, Version, Date and How
	Scribe   Scribe
	Role     func(name string) Role // with a Dial to the real server
	Operator func(words string) error
	Also     map[string]func(name, words string) error // as Others has it
}

// Record plays a script with the real server, and writes the talk to w.
func (s Studio) Record(script Script, w io.Writer) error {
	t := &take{studio: s, user: script.User, recorder: NewRecorder(s.Origin, s.Scribe), others: NewOthers(s.Role)}
	t.others.Also = s.Also
	defer t.others.Stop()
	if !slices.Contains(script.Lines, "on") {
		t.on(nil)
	}
	for _, line := range script.Lines {
		if err := t.play(line); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	if err := t.finish(); err != nil {
		return err
	}
	_, err := t.recorder.WriteTo(w)
	return err
}

// A take is a script under way.
type take struct {
	studio   Studio
	user     string
	recorder *Recorder
	actor    *Actor
	ended    bool
	others   *Others
}

func (t *take) on(kept map[string]transports.Secret) {
	role := t.studio.Role(t.user)
	role.Dial = t.recorder.Dial(role.Dial)
	role.Account.Kept = kept
	t.actor, t.ended = Perform(role), false
}

// play carries out one line.
func (t *take) play(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "on":
		t.on(nil)
		return nil
	case "again":
		t.actor.Wait()
		t.recorder.Words(Do, Again)
		t.on(t.actor.Kept())
		return nil
	case "do":
		t.recorder.Words(Do, rest)
		return t.actor.Do(rest)
	case "until":
		return t.until(rest)
	case "quiet":
		return t.quiet(rest)
	}
	if word == "operator" {
		t.recorder.Words(Meanwhile, line)
		return t.studio.Operator(rest)
	}
	return t.meanwhile(line, rest)
}

// meanwhile carries out a line of others. One that waits for what the user has done stands behind what the user said.
func (t *take) meanwhile(line, words string) error {
	waits := strings.HasPrefix(words, "until ")
	if !waits {
		t.recorder.Words(Meanwhile, line)
	}
	err := t.others.Play(line)
	if waits {
		t.recorder.Words(Meanwhile, line)
	}
	return err
}

// until records what is seen, up to an event that begins with words.
func (t *take) until(words string) error {
	for {
		got, ok := t.actor.Next(t.actor.patience)
		if !ok {
			return fmt.Errorf("%s was not seen", words)
		}
		t.see(got)
		if strings.HasPrefix(got, words) {
			return nil
		}
	}
}

func (t *take) see(words string) {
	t.recorder.Words(See, words)
	t.ended = t.ended || strings.HasPrefix(words, "ended")
}

// quiet records what is seen for so long.
func (t *take) quiet(duration string) error {
	d, err := time.ParseDuration(duration)
	if err != nil {
		return err
	}
	for end := time.Now().Add(d); ; {
		got, ok := t.actor.Next(time.Until(end))
		if !ok {
			t.recorder.Pause(d)
			return nil
		}
		t.see(got)
	}
}

// finish ends the recorded session as its user would.
func (t *take) finish() error {
	if !t.ended {
		t.recorder.Words(Do, "stop")
		t.actor.Stop()
		if err := t.until("ended"); err != nil {
			return err
		}
	}
	t.actor.Wait()
	return nil
}
