package component

import (
	"errors"
	"io"
	"log/slog"
	"runtime/debug"

	"imgate/xmltree"
	"imgate/xmpp"
)

// readAll hands over what is read until the stream ends; it never returns nil.
func (s *session) readAll() error {
	for {
		e, err := s.reader.Next()
		var over *xmltree.LimitError
		switch {
		case err == nil && e.Is(xmpp.StreamSpace, "error"):
			return streamError(e)
		case err == nil:
			s.take(e)
		case errors.As(err, &over):
			s.refuse(over)
		case errors.Is(err, io.EOF):
			return &LinkError{Reason: Lost, Err: errors.New("the server closed the stream")}
		default:
			return err
		}
	}
}

// take hands over one stanza; what is malformed is answered, what is no stanza is ignored.
func (s *session) take(e *xmltree.Element) {
	space := e.Name.Space
	stanza, err := xmpp.Parse(e)
	var bad *xmpp.Error
	switch {
	case errors.As(err, &bad):
		s.answer(stanza, bad)
	case err != nil:
		s.link.config.Log.Debug("not a stanza", slog.String("name", e.Name.Local))
	default:
		if stanza = turned(stanza, s.link.config.Domain); !s.isPing(stanza) {
			s.handle(Received{stanza, space})
		}
	}
}

// turned makes an answer of an error that names us as its sender. jabberd2's router gives back what it can't
// deliver with the addresses as they were; nobody would be found who waits for it, and a message would be taken
// for delivered as soon as the next ping is answered.
func turned(stanza xmpp.Stanza, own xmpp.JID) xmpp.Stanza {
	head := stanza.Head()
	if head.From.Domain == own.Domain && head.To.Domain != own.Domain && xmpp.ErrorOf(stanza) != nil {
		return xmpp.Readdressed(stanza, head.To, head.From)
	}
	return stanza
}

// refuse answers a stanza that was over a limit, of which there is only the start tag.
func (s *session) refuse(over *xmltree.LimitError) {
	s.link.config.Log.Warn("stanza over a limit", slog.String("from", over.Start.Attr("from")), slog.Any("err", over))
	stanza, _ := xmpp.Parse(over.Start) // the error tells of the payload that is missing
	if stanza != nil {
		s.answer(stanza, xmpp.NewError(xmpp.PolicyViolation, "too large: over the limit of "+over.What))
	}
}

// answer tells the sender about an error; in the name of the component where the address was malformed.
func (s *session) answer(stanza xmpp.Stanza, e *xmpp.Error) {
	if head := stanza.Head(); head.To.IsZero() {
		stanza = xmpp.Readdressed(stanza, head.From, s.link.config.Domain)
	}
	reply, ok := xmpp.ErrorReply(stanza, e)
	if !ok {
		return
	}
	if raw, err := s.link.encode(reply); err == nil {
		s.reply(raw)
	}
}

func (s *session) handle(r Received) {
	defer func() {
		if p := recover(); p != nil {
			s.link.config.Log.Error("panic in the handler of a stanza", slog.Any("err", p), slog.String("stack", string(debug.Stack())))
		}
	}()
	s.link.config.Handle(r)
}
