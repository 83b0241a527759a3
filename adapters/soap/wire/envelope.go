package wire

import (
	"bytes"
)

// Namespaces of envelopes, and of the context in their headers.
const (
	SOAP11Space  = "http://schemas.xmlsoap.org/soap/envelope/"
	SOAP12Space  = "http://www.w3.org/2003/05/soap-envelope"
	JSONSpace    = "urn:zimbraSoap"
	ContextSpace = "urn:zimbra"
)

// A Form is one of the three ways to write the same.
type Form uint8

// The forms. SOAP 1.2 is what is answered where nobody can tell what was asked.
const (
	SOAP12 Form = iota
	SOAP11
	JSON
)

// ContentType is what the answer is labelled. SOAP 1.2 is text/xml too, as the API's own server did.
func (f Form) ContentType() string {
	if f == JSON {
		return "text/javascript; charset=utf-8"
	}
	return "text/xml; charset=utf-8"
}

func (f Form) space() string {
	if f == SOAP11 {
		return SOAP11Space
	}
	return SOAP12Space
}

// An Envelope is one request or answer.
type Envelope struct {
	Form    Form
	Context *Element // in the header; nil: there is none
	Body    *Element // the first element of the body
}

// Read reads a request: XML where the first byte is "<", else JSON. Where the error is not nil, Form still tells in
// what form to answer. The error wraps ErrParse or ErrEnvelope.
func Read(body []byte) (Envelope, error) {
	body = bytes.TrimLeft(bytes.TrimPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("\ufeff")), " \t\r\n")
	if len(body) == 0 {
		return Envelope{}, errParse("the body is empty")
	}
	if body[0] == '<' {
		return readSOAP(body)
	}
	return readObject(body)
}

func readSOAP(body []byte) (Envelope, error) {
	root, err := readXML(body)
	if err != nil {
		return Envelope{}, err
	}
	var e Envelope
	switch {
	case root.Local == "Envelope" && root.Space == SOAP12Space:
	case root.Local == "Envelope" && root.Space == SOAP11Space:
		e.Form = SOAP11
	default:
		return e, errEnvelope("the document is no SOAP envelope")
	}
	return e.fill(root)
}

func readObject(body []byte) (Envelope, error) {
	root, err := readJSON(body)
	if err != nil {
		return Envelope{Form: JSON}, err
	}
	return Envelope{Form: JSON}.fill(root)
}

// fill takes context and body out of root.
func (e Envelope) fill(root *Element) (Envelope, error) {
	for c := range root.Child("Header").Elements() {
		if c.Local == "context" {
			e.Context = c
			break
		}
	}
	e.Body = root.Child("Body").First()
	if e.Body == nil {
		return e, errEnvelope("the envelope has no body, or nothing in it")
	}
	return e, nil
}

type envelopeError string

func errEnvelope(reason string) error { return envelopeError(reason) }

func (e envelopeError) Error() string { return string(e) }
func (envelopeError) Unwrap() error   { return ErrEnvelope }

// Append appends the envelope and returns the extended buffer.
func (e Envelope) Append(dst []byte) []byte {
	if e.Form == JSON {
		root := New("", "").With(New("", "Header").With(e.Context), New("", "Body").With(e.Body))
		dst = root.AppendJSON(dst, "")
		return append(dst[:len(dst)-1], `,"`+spaceMember+`":"`+JSONSpace+`"}`...)
	}
	space := e.Form.space()
	dst = append(append(append(dst, `<soap:Envelope xmlns:soap="`...), space...), `">`...)
	if e.Context != nil {
		dst = append(e.Context.appendXML(append(dst, "<soap:Header>"...), "", space), "</soap:Header>"...)
	}
	dst = e.Body.appendXML(append(dst, "<soap:Body>"...), "", space)
	return append(dst, "</soap:Body></soap:Envelope>"...)
}
