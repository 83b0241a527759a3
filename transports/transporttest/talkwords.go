package transporttest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"imgate/richtext"
	"imgate/transports"
)

// Fields splits words at spaces; a word between double quotes is read as a Go string.
func Fields(words string) ([]string, error) {
	var out []string
	for rest := strings.TrimSpace(words); rest != ""; rest = strings.TrimSpace(rest) {
		if rest[0] != '"' {
			word, after, _ := strings.Cut(rest, " ")
			out, rest = append(out, word), after
			continue
		}
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return nil, fmt.Errorf("%s: a closing quote was expected", rest)
		}
		word, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", quoted, err)
		}
		out, rest = append(out, word), rest[len(quoted):]
	}
	return out, nil
}

// A phrase makes a command of its words; args has at least as many as the phrase needs.
type phrase struct {
	least int
	usage string
	make  func(args []string, tag func() transports.Tag) (transports.Command, error)
}

type tagger = func() transports.Tag

// phrases are the commands in words, by their first word.
var phrases = map[string]phrase{
	"send":     {2, `NAME "TEXT"`, sendPhrase},
	"typing":   {2, "NAME active|paused|stopped", typingPhrase},
	"presence": {1, `online|chat|away|xa|dnd ["STATUS"]`, presencePhrase},
	"invisible": {0, "", func(_ []string, tag tagger) (transports.Command, error) {
		return transports.SetPresence{Tag: tag(), Show: transports.Online, Invisible: true}, nil
	}},
	"idle": {1, "10m", idlePhrase},
	"add": {1, `NAME ["ALIAS" ["GROUP" …]]`, func(a []string, tag tagger) (transports.Command, error) {
		name, groups := aliasAndGroups(a)
		return transports.AddContact{Tag: tag(), ID: id(a[0]), Name: name, Groups: groups}, nil
	}},
	"ask": {2, `NAME "REASON"`, func(a []string, tag tagger) (transports.Command, error) {
		return transports.AddContact{Tag: tag(), ID: id(a[0]), Groups: []string{"Friends"}, Reason: a[1]}, nil
	}},
	"change": {1, `NAME ["ALIAS" ["GROUP" …]]`, func(a []string, tag tagger) (transports.Command, error) {
		name, groups := aliasAndGroups(a)
		return transports.ChangeContact{Tag: tag(), ID: id(a[0]), Name: name, Groups: groups}, nil
	}},
	"remove": {1, "NAME", func(a []string, tag tagger) (transports.Command, error) {
		return transports.RemoveContact{Tag: tag(), ID: id(a[0])}, nil
	}},
	"block": {2, "NAME on|off", func(a []string, tag tagger) (transports.Command, error) {
		return transports.Block{Tag: tag(), ID: id(a[0]), On: a[1] == "on"}, nil
	}},
	"answer": {2, `NAME yes|no ["REASON"]`, func(a []string, tag tagger) (transports.Command, error) {
		return transports.AnswerAuth{Tag: tag(), To: id(a[0]), Allow: a[1] == "yes", Reason: opt(a, 2)}, nil
	}},
	"profile": {1, "NAME", func(a []string, tag tagger) (transports.Command, error) {
		return transports.FetchProfile{Tag: tag(), ID: id(a[0])}, nil
	}},
	"attention": {1, "NAME", func(a []string, tag tagger) (transports.Command, error) {
		return transports.SendAttention{Tag: tag(), To: id(a[0])}, nil
	}},
	"handed-over": {1, "SEQ", handedPhrase},
	"picture":     {1, "on|off", picturePhrase},
	"fetch-picture": {2, "NAME HASH", func(a []string, tag tagger) (transports.Command, error) {
		return transports.FetchAvatar{Tag: tag(), ID: id(a[0]), Hash: a[1]}, nil
	}},
	"set-profile": {0, `[VAR "VALUE" …]`, ownProfilePhrase},
	"search":      {2, `VAR "VALUE" …`, searchPhrase},
	"list-rooms": {0, "", func(_ []string, tag tagger) (transports.Command, error) {
		return transports.ListRooms{Tag: tag()}, nil
	}},
	"join": {1, `"ROOM"`, func(a []string, tag tagger) (transports.Command, error) {
		return transports.JoinRoom{Tag: tag(), Room: id(a[0]), Create: true, Nick: opt(a, 1)}, nil
	}},
	"leave": {1, `"ROOM"`, func(a []string, _ tagger) (transports.Command, error) {
		return transports.LeaveRoom{Room: id(a[0])}, nil
	}},
	"say": {2, `"ROOM" "TEXT"`, sayPhrase},
	"invite": {2, `"ROOM" NAME ["REASON"]`, func(a []string, tag tagger) (transports.Command, error) {
		return transports.InviteRoom{Tag: tag(), Room: id(a[0]), To: id(a[1]), Reason: opt(a, 2)}, nil
	}},
	"decline": {1, `"ROOM"`, func(a []string, _ tagger) (transports.Command, error) {
		return transports.AnswerInvite{Room: id(a[0])}, nil
	}},
}

func id(s string) transports.LegacyID { return transports.LegacyID(s) }

func opt(args []string, i int) string {
	if i < len(args) {
		return args[i]
	}
	return ""
}

func aliasAndGroups(args []string) (string, []string) {
	if len(args) < 3 {
		return opt(args, 1), nil
	}
	return args[1], args[2:]
}

func sendPhrase(a []string, tag tagger) (transports.Command, error) {
	return transports.SendMessage{Tag: tag(), To: id(a[0]), Body: richtext.Plain(a[1])}, nil
}

var typings = [...]string{transports.TypingStopped: "stopped", transports.TypingPaused: "paused", transports.TypingActive: "active"}

func typingPhrase(a []string, _ tagger) (transports.Command, error) {
	for state, name := range typings {
		if name == a[1] {
			return transports.SendTyping{To: id(a[0]), State: transports.Typing(state)}, nil
		}
	}
	return nil, fmt.Errorf("%q is no way of typing", a[1])
}

func presencePhrase(a []string, tag tagger) (transports.Command, error) {
	for show := transports.Online; show <= transports.DND; show++ {
		if show.String() == a[0] {
			return transports.SetPresence{Tag: tag(), Show: show, Status: opt(a, 1)}, nil
		}
	}
	return nil, fmt.Errorf("%q is no presence", a[0])
}

func idlePhrase(a []string, tag tagger) (transports.Command, error) {
	d, err := time.ParseDuration(a[0])
	if err != nil {
		return nil, fmt.Errorf("idle: %w", err)
	}
	return transports.SetPresence{Tag: tag(), Show: transports.Online, IdleSince: time.Now().Add(-d)}, nil
}

func handedPhrase(a []string, _ tagger) (transports.Command, error) {
	n, err := strconv.ParseUint(a[0], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("handed-over: %w", err)
	}
	return transports.HandedOver{Seq: transports.Seq(n)}, nil
}

// ParseCommand makes a command of words such as: send bobwonder "hello". last is the tag given last; it is
// counted up for each command that has one.
func ParseCommand(words string, last *transports.Tag) (transports.Command, error) {
	fields, err := Fields(words)
	if err != nil {
		return nil, err
	}
	if len(fields) == 0 {
		return nil, fmt.Errorf("an empty command")
	}
	p, ok := phrases[fields[0]]
	if !ok {
		p, ok = selfPhrases[fields[0]]
	}
	if !ok {
		return nil, fmt.Errorf("%q is no command", fields[0])
	}
	if len(fields)-1 < p.least {
		return nil, fmt.Errorf("%s: %s %s was expected", words, fields[0], p.usage)
	}
	return p.make(fields[1:], func() transports.Tag { *last++; return *last })
}
