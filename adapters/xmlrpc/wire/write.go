package wire

import "imgate/xmltree"

// Response is the document that answers a call.
func Response(v Value) []byte {
	params := xmltree.New("", "params").With(xmltree.New("", "param").With(v.element()))
	return document(params)
}

// Document is the document that tells a fault.
func (f *Fault) Document() []byte {
	return document(xmltree.New("", "fault").With(f.Value().element()))
}

func document(content *xmltree.Element) []byte {
	const head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n"
	return xmltree.New("", "methodResponse").With(content).Append([]byte(head), "")
}

// element makes a <value>. Strings are typed too: some readers take an empty <value/> for nothing at all.
func (v Value) element() *xmltree.Element {
	e := xmltree.New("", "value")
	switch v.Kind {
	case Struct:
		s := xmltree.New("", "struct")
		for _, m := range v.Members {
			s.With(xmltree.New("", "member").With(xmltree.Leaf("", "name", m.Name), m.Value.element()))
		}
		return e.With(s)
	case Array:
		data := xmltree.New("", "data")
		for _, item := range v.Items {
			data.With(item.element())
		}
		return e.With(xmltree.New("", "array").With(data))
	case String, Int, Boolean, Double, DateTime:
	}
	return e.With(xmltree.Leaf("", v.Kind.String(), v.Text))
}
