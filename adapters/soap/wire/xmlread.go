package wire

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// readXML reads one document. Comments are skipped; a DOCTYPE and processing instructions are refused (SOAP 1.2 part 1
// §5), but for the XML declaration, which some put behind a blank.
func readXML(body []byte) (*Element, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	r := xmlReader{budget: newBudget()}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, errParse("no well-formed XML: " + err.Error())
		}
		if err := r.token(token); err != nil {
			return nil, err
		}
	}
	if r.root == nil {
		return nil, errParse("there is no element")
	}
	return r.root, nil
}

type xmlReader struct {
	budget *budget
	root   *Element
	open   []*Element
}

func (r *xmlReader) token(t xml.Token) error {
	switch t := t.(type) {
	case xml.StartElement:
		return r.start(t)
	case xml.EndElement:
		r.open = r.open[:len(r.open)-1]
	case xml.CharData:
		return r.text(t)
	case xml.Directive:
		return errParse("a DOCTYPE is not taken")
	case xml.ProcInst:
		if t.Target != "xml" {
			return errParse("processing instructions are not taken")
		}
	}
	return nil
}

func (r *xmlReader) start(t xml.StartElement) error {
	if err := r.budget.take(len(r.open) + 1); err != nil {
		return err
	}
	if len(t.Attr) > maxAttrs {
		return errParse("too many attributes")
	}
	e := New(t.Name.Space, t.Name.Local)
	for _, a := range t.Attr {
		if a.Name.Space == "" && a.Name.Local != "xmlns" {
			e.setLast(a.Name.Local, a.Value)
		}
	}
	switch {
	case len(r.open) > 0:
		r.open[len(r.open)-1].With(e)
	case r.root != nil:
		return errParse("there are two documents")
	default:
		r.root = e
	}
	r.open = append(r.open, e)
	return nil
}

func (r *xmlReader) text(t xml.CharData) error {
	if len(r.open) == 0 {
		if len(bytes.TrimSpace(t)) > 0 && !strings.HasPrefix(string(t), "\ufeff") {
			return errParse("there is text outside of the document")
		}
		return nil
	}
	r.open[len(r.open)-1].AddText(string(t))
	return nil
}

// setLast sets an attribute; the last of several of one name counts.
func (e *Element) setLast(name, text string) {
	for i := range e.Attrs {
		if e.Attrs[i].Name == name {
			e.Attrs[i].Value = Text(text)
			return
		}
	}
	e.Set(name, text)
}
