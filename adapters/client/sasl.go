package client

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/xdg-go/scram"

	"imgate/adapters"
	"imgate/transports"
	"imgate/xmltree"
)

// A conversation is the client's side of one SASL mechanism.
type conversation interface {
	// Step answers a challenge; the first is empty.
	Step(challenge string) (response string, err error)
	// Valid reports whether the server has proven that it knows the password too, where the mechanism can.
	Valid() bool
}

// A mechanism is one that we speak, the strongest first (RFC 5802, RFC 7677, draft-melnikov-scram-sha-512, RFC 4616).
// A server that keeps passwords only as hashes of SHA-512 offers nothing else but PLAIN.
type mechanism struct {
	name  string
	hash  scram.HashGeneratorFcn // nil: PLAIN
	bound bool
}

func mechanisms() []mechanism {
	return []mechanism{
		{"SCRAM-SHA-512-PLUS", scram.SHA512, true},
		{"SCRAM-SHA-256-PLUS", scram.SHA256, true},
		{"SCRAM-SHA-1-PLUS", scram.SHA1, true},
		{"SCRAM-SHA-512", scram.SHA512, false},
		{"SCRAM-SHA-256", scram.SHA256, false},
		{"SCRAM-SHA-1", scram.SHA1, false},
		{"PLAIN", nil, false},
	}
}

// authenticate proves name and password by the strongest mechanism that both sides have. Errors wrap those of
// package adapters.
func (s *stream) authenticate(features *xmltree.Element, name string, password transports.Secret, plain bool) error {
	offered, bound := offer(features), s.bindings(features)
	var first error // of the binding that was a guess
	for _, m := range mechanisms() {
		if !s.safe(m, bound, plain) || !slices.Contains(offered, m.name) {
			continue
		}
		talk, err := converse(m, s.flag(offered), bound, name, password.Reveal())
		if err != nil {
			return fmt.Errorf("%w: %w", adapters.ErrWrongPassword, err)
		}
		s.proof = proof{mechanism: m.name, refused: s.proof.refused}
		if m.bound {
			s.proof.binding = string(bound.chosen.Type)
		}
		challenged, err := s.speak(m.name, talk)
		var no *refusal
		switch answered := errors.As(err, &no); {
		case m.bound && bound.guessed && !challenged && answered && no.maybeOfTheBinding():
			first, s.proof.refused, bound = err, s.proof.binding, binding{}
			continue
		case err != nil && !answered && first != nil: // it hangs up after a refusal: that was its answer
			return first
		}
		return err
	}
	if first != nil {
		return first
	}
	return fmt.Errorf("%w: it offers no way of signing in that is safe here", adapters.ErrUnreachable)
}

// safe reports whether m may be used on this connection, where plain says that PLAIN needs no TLS.
func (s *stream) safe(m mechanism, bound binding, plain bool) bool {
	return (m.hash != nil || s.secure != nil || plain) && (!m.bound || bound.any())
}

func offer(features *xmltree.Element) []string {
	var names []string
	for m := range features.Child(saslSpace, "mechanisms").ChildrenNamed(saslSpace, "mechanism") {
		names = append(names, m.Text())
	}
	return names
}

// converse begins a mechanism. unbound is what is said where it is not bound.
func converse(m mechanism, unbound gs2Flag, b binding, name, password string) (conversation, error) {
	if m.hash == nil {
		return plainTalk{name, password}, nil
	}
	client, err := m.hash.NewClient(name, password, "")
	if err != nil { // SASLprep forbids a character; the server may never have prepared what it has
		if client, err = m.hash.NewClientUnprepped(name, password, ""); err != nil {
			return nil, errors.New("the name or the password has characters that can't be sent")
		}
	}
	switch {
	case m.bound:
		return client.NewConversationWithChannelBinding(b.chosen), nil
	case unbound == couldBind:
		return client.NewConversationAdvertisingChannelBinding(), nil
	}
	return client.NewConversation(), nil
}

// speak carries a conversation on to its end (RFC 6120 §6.4), and reports whether the server got as far as a challenge.
func (s *stream) speak(name string, talk conversation) (challenged bool, err error) {
	first, err := talk.Step("")
	if err != nil {
		return false, unreachable(err)
	}
	auth := xmltree.New(saslSpace, "auth").SetAttr("mechanism", name).AddText(encode(first))
	if err := s.write(auth); err != nil {
		return false, unreachable(err)
	}
	for range maxSteps {
		e, err := s.next()
		if err != nil {
			return challenged, unreachable(err)
		}
		if e.Name.Space != saslSpace {
			return challenged, fmt.Errorf("%w: it sent %s while signing in", adapters.ErrUnreachable, e.Name.Local)
		}
		switch e.Name.Local {
		case "failure":
			return challenged, refusalOf(e)
		case "success":
			return challenged, finish(talk, e)
		case "challenge":
			challenged = true
			if err := s.respond(talk, e); err != nil {
				return challenged, unreachable(err)
			}
		default:
			return challenged, fmt.Errorf("%w: it sent %s while signing in", adapters.ErrUnreachable, e.Name.Local)
		}
	}
	return challenged, fmt.Errorf("%w: signing in has no end", adapters.ErrUnreachable)
}

// maxSteps bounds what the server may ask; SCRAM has two.
const maxSteps = 4

func (s *stream) respond(talk conversation, e *xmltree.Element) error {
	challenge, err := decode(e.Text())
	if err != nil {
		return err
	}
	if rounds(challenge) > maxRounds {
		return errors.New("the XMPP server wants more rounds of hashing than we do")
	}
	response, err := talk.Step(challenge)
	if err != nil {
		return errors.New("the XMPP server's challenge or proof is wrong")
	}
	return s.write(xmltree.New(saslSpace, "response").AddText(encode(response)))
}

// maxRounds bounds the work that a server may ask of us; usual are 4,096 to 600,000.
const maxRounds = 2_000_000

// rounds is the iteration count of a SCRAM challenge (RFC 5802 §5.1); 0 if it has none.
func rounds(challenge string) int {
	for part := range strings.SplitSeq(challenge, ",") {
		if text, ok := strings.CutPrefix(part, "i="); ok {
			n, err := strconv.Atoi(text)
			if err != nil {
				return maxRounds + 1
			}
			return n
		}
	}
	return 0
}

// finish takes what came with the success: the server's own proof, unless it came as a challenge.
func finish(talk conversation, e *xmltree.Element) error {
	if text := e.Text(); text != "" && text != "=" {
		last, err := decode(text)
		if err == nil {
			_, err = talk.Step(last)
		}
		if err != nil {
			return fmt.Errorf("%w: its proof is wrong", adapters.ErrUnreachable)
		}
	}
	if !talk.Valid() {
		return fmt.Errorf("%w: it has not proven that it knows the password", adapters.ErrUnreachable)
	}
	return nil
}

// A refusal is a failure that the server has told (RFC 6120 §6.5), by its condition. It wraps an error of package adapters.
type refusal struct{ condition string }

func refusalOf(e *xmltree.Element) *refusal {
	for c := range e.Elements() {
		if c.Name.Local != "text" {
			return &refusal{strings.Clone(c.Name.Local)}
		}
	}
	return &refusal{"failure"}
}

func (r *refusal) Error() string {
	if err := r.Unwrap(); !errors.Is(err, adapters.ErrUnreachable) {
		return err.Error()
	}
	return adapters.ErrUnreachable.Error() + ": " + r.condition
}

// Unwrap is what it means.
func (r *refusal) Unwrap() error {
	switch r.condition {
	case "not-authorized", "invalid-authzid":
		return adapters.ErrWrongPassword
	case "account-disabled", "credentials-expired":
		return adapters.ErrInactive
	}
	return adapters.ErrUnreachable
}

// maybeOfTheBinding reports whether a server may say this of a binding that it does not know.
func (r *refusal) maybeOfTheBinding() bool {
	switch r.condition {
	case "not-authorized", "malformed-request", "invalid-mechanism", "incorrect-encoding", "failure":
		return true
	}
	return false
}

// encode is how SASL data stands in XML; "=" is data of no length (RFC 6120 §6.4.2).
func encode(data string) string {
	if data == "" {
		return "="
	}
	return base64.StdEncoding.EncodeToString([]byte(data))
}

func decode(text string) (string, error) {
	if text == "=" {
		return "", nil
	}
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", errors.New("the XMPP server's SASL data is no base64")
	}
	return string(b), nil
}

// plainTalk is SASL PLAIN (RFC 4616).
type plainTalk struct{ name, password string }

// Step implements conversation.
func (p plainTalk) Step(challenge string) (string, error) {
	if challenge != "" {
		return "", errors.New("a challenge to PLAIN")
	}
	return "\x00" + p.name + "\x00" + p.password, nil
}

// Valid implements conversation: PLAIN proves nothing of the server, TLS does.
func (plainTalk) Valid() bool { return true }
