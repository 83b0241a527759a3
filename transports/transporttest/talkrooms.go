package transporttest

import (
	"fmt"
	"strings"

	"imgate/richtext"
	"imgate/transports"
)

// pairs reads VAR "VALUE" VAR "VALUE" ….
func pairs(args []string) ([]transports.Field, error) {
	var fields []transports.Field
	for ; len(args) >= 2; args = args[2:] {
		fields = append(fields, transports.Field{Var: args[0], Value: args[1]})
	}
	if len(args) > 0 {
		return nil, fmt.Errorf("%s: a value was expected after it", args[0])
	}
	return fields, nil
}

// picturePhrase is "picture on", which shows one's own, or "picture off".
func picturePhrase(a []string, tag tagger) (transports.Command, error) {
	if a[0] == "off" {
		return transports.SetAvatar{Tag: tag()}, nil
	}
	return transports.SetAvatar{Tag: tag(), Image: &transports.Image{Type: "image/gif", Data: pixel}}, nil
}

func ownProfilePhrase(a []string, tag tagger) (transports.Command, error) {
	fields, err := pairs(a)
	return transports.SetProfile{Tag: tag(), Fields: fields}, err
}

func searchPhrase(a []string, tag tagger) (transports.Command, error) {
	fields, err := pairs(a)
	return transports.Search{Tag: tag(), Fields: fields}, err
}

func sayPhrase(a []string, tag tagger) (transports.Command, error) {
	return transports.SayRoom{Tag: tag(), Room: id(a[0]), Body: richtext.Plain(a[1])}, nil
}

// describeRoom says an event of a room in words; empty: it is none.
func describeRoom(ev transports.Event) string {
	switch ev := ev.(type) {
	case transports.RoomJoined:
		return fmt.Sprintf("room-joined %q as %q", ev.Room, ev.Nick)
	case transports.RoomLeft:
		return fmt.Sprintf("room-left %q %q", ev.Room, ev.Why)
	case transports.Occupant:
		way := "comes"
		if !ev.Here {
			way = "goes"
		}
		return fmt.Sprintf("occupant %q %s %s", ev.Room, ev.ID, way)
	case transports.RoomMessage:
		words := fmt.Sprintf("room-message %q %s %q", ev.Room, ev.From, ev.Body.String())
		if ev.Own {
			words += " own"
		}
		return words
	case transports.RoomTopic:
		return fmt.Sprintf("room-topic %q %q", ev.Room, ev.Topic)
	case transports.Invited:
		return fmt.Sprintf("invited %q by %s %q", ev.Room, ev.From, ev.Reason)
	}
	return ""
}

// describeResult says what a command has fetched.
func describeResult(r transports.Result) string {
	switch r := r.(type) {
	case transports.ProfileResult:
		return " profile " + fmt.Sprintf("%q", r.Text.String()) + describeFields(r.Fields)
	case transports.AvatarResult:
		return fmt.Sprintf(" picture %s of %d bytes", r.Image.Type, len(r.Image.Data))
	case transports.SearchResult:
		words := make([]string, 0, len(r.Found))
		for _, f := range r.Found {
			words = append(words, string(f.ID)+describeFields(f.Fields))
		}
		return strings.TrimSuffix(" found "+strings.Join(words, ", "), " ")
	case transports.RoomsResult:
		words := ""
		for _, i := range r.Rooms {
			words += fmt.Sprintf(" %q", i.Room)
		}
		return " rooms" + words
	}
	return ""
}

func describeFields(fields []transports.Field) string {
	words := ""
	for _, f := range fields {
		words += fmt.Sprintf(" %s %q", f.Var, f.Value)
	}
	return words
}
