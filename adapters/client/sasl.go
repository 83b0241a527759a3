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

// A mechanism is one that we speak, the strongest first (RFC 5802, RFC 7677, RFC 4616).
type mechanism struct {
	name  string
	hash  scram.HashGeneratorFcn // nil: PLAIN
	bound bool
}

func mechanisms() []mechanism {
	return []mechanism{
		{"SCRAM-SHA-256-PLUS", scram.SHA256, true},
		{"SCRAM-SHA-1-PLUS", scram.SHA1, true},
		{"SCRAM-SHA-256", scram.SHA256, false},
		{"SCRAM-SHA-1", scram.SHA1, false},
		{"PLAIN", nil, false},
	}
}

// authenticate proves name and password by the strongest mechanism that both sides have. Errors wrap those of
// package adapters.
func (s *stream) authenticate(features *xmltree.Element, name string, password transports.Secret, plain bool) error {
	offered := offer(features)
	for _, m := range mechanisms() {
		if !slices.Contains(offered, m.name) || m.hash == nil && s.secure == nil && !plain {
			continue
		}
		talk, err := s.converse(m, offered, features, name, password.Reveal())
		if errors.Is(err, errNoBinding) {
			continue
		}
		if err != nil {
			return fmt.Errorf("%w: %w", adapters.ErrWrongPassword, err)
		}
		return s.speak(m.name, talk)
	}
	return fmt.Errorf("%w: it offers no way of signing in that is safe here", adapters.ErrUnreachable)
}

func offer(features *xmltree.Element) []string {
	var names []string
	for m := range features.Child(saslSpace, "mechanisms").ChildrenNamed(saslSpace, "mechanism") {
		names = append(names, m.Text())
	}
	return names
}

// converse begins a mechanism.
func (s *stream) converse(m mechanism, offered []string, features *xmltree.Element, name, password string) (conversation, error) {
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
		binding, err := s.binding(features)
		if err != nil {
			return nil, err
		}
		return client.NewConversationWithChannelBinding(binding), nil
	case s.secure != nil && !slices.Contains(offered, m.name+"-PLUS"):
		// We could bind and the server says that it can't; if somebody in between took the offer away, it refuses.
		return client.NewConversationAdvertisingChannelBinding(), nil
	}
	return client.NewConversation(), nil
}

// errNoBinding means that this connection has no channel binding in common with the server.
var errNoBinding = errors.New("no channel binding in common")

// binding chooses what binds the proof to this TLS connection: of what the server lists (XEP-0440), or else what
// every server must know that offers a binding at all (RFC 5802 §6.1, RFC 9266 §3).
func (s *stream) binding(features *xmltree.Element) (scram.ChannelBinding, error) {
	if s.secure == nil {
		return scram.ChannelBinding{}, errNoBinding
	}
	var listed []string
	for b := range features.Child(cbSpace, "sasl-channel-binding").ChildrenNamed(cbSpace, "channel-binding") {
		listed = append(listed, b.Attr("type"))
	}
	exporter, errExporter := scram.NewTLSExporterBinding(s.secure)
	switch {
	case len(listed) == 0 && len(s.secure.TLSUnique) > 0: // TLS 1.2
		return scram.NewTLSUniqueBinding(s.secure.TLSUnique), nil
	case errExporter == nil && (len(listed) == 0 || slices.Contains(listed, string(scram.ChannelBindingTLSExporter))):
		return exporter, nil
	case slices.Contains(listed, string(scram.ChannelBindingTLSServerEndpoint)):
		return scram.NewTLSServerEndpointBinding(s.secure)
	case len(s.secure.TLSUnique) > 0 && slices.Contains(listed, string(scram.ChannelBindingTLSUnique)):
		return scram.NewTLSUniqueBinding(s.secure.TLSUnique), nil
	}
	return scram.ChannelBinding{}, errNoBinding
}

// speak carries a conversation on to its end (RFC 6120 §6.4).
func (s *stream) speak(name string, talk conversation) error {
	first, err := talk.Step("")
	if err != nil {
		return unreachable(err)
	}
	auth := xmltree.New(saslSpace, "auth").SetAttr("mechanism", name).AddText(encode(first))
	if err := s.write(auth); err != nil {
		return unreachable(err)
	}
	for range maxSteps {
		e, err := s.next()
		if err != nil {
			return unreachable(err)
		}
		if e.Name.Space != saslSpace {
			return fmt.Errorf("%w: it sent %s while signing in", adapters.ErrUnreachable, e.Name.Local)
		}
		switch e.Name.Local {
		case "failure":
			return refusal(e)
		case "success":
			return finish(talk, e)
		case "challenge":
			if err := s.respond(talk, e); err != nil {
				return unreachable(err)
			}
		default:
			return fmt.Errorf("%w: it sent %s while signing in", adapters.ErrUnreachable, e.Name.Local)
		}
	}
	return fmt.Errorf("%w: signing in has no end", adapters.ErrUnreachable)
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

// refusal reads a failure (RFC 6120 §6.5).
func refusal(e *xmltree.Element) error {
	condition := "failure"
	for c := range e.Elements() {
		if c.Name.Local != "text" {
			condition = c.Name.Local
			break
		}
	}
	switch condition {
	case "not-authorized", "invalid-authzid":
		return adapters.ErrWrongPassword
	case "account-disabled", "credentials-expired":
		return adapters.ErrInactive
	}
	return fmt.Errorf("%w: %s", adapters.ErrUnreachable, condition)
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
