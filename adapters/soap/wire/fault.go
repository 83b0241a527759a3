package wire

// A Fault is a refusal, in the terms of the API.
type Fault struct {
	Code     string // "service.INVALID_REQUEST"
	Receiver bool   // it is not the request that is wrong
	Text     string // a sentence for people, without secrets
	Trace    string // finds it in the log
	Args     []Arg
}

// An Arg is a fault's argument.
type Arg struct{ Name, Value string }

// Element is the fault as the only element of a body, or as an answer in a batch.
func (f Fault) Element(form Form) *Element {
	detail := New(ContextSpace, "Error").SetChild("Code", Text(f.Code)).SetChild("Trace", Text(f.Trace))
	for _, a := range f.Args {
		detail.With(Item(ContextSpace, "a").Set("n", a.Name).Set("t", "STR").AddText(a.Value))
	}
	switch form {
	case SOAP11:
		// Without a namespace (SOAP 1.1 §4.4), whatever the API's own server did: zeep finds nothing else.
		return New(SOAP11Space, "Fault").With(
			Leaf("", "faultcode", pick(f.Receiver, "soap:Server", "soap:Client")), Leaf("", "faultstring", f.Text),
			New("", "detail").With(detail))
	case JSON:
		return f.tree("", detail)
	case SOAP12:
	}
	return f.tree(SOAP12Space, detail)
}

func (f Fault) tree(space string, detail *Element) *Element {
	code := pick(f.Receiver, "soap:Receiver", "soap:Sender")
	reason := New(space, "Reason").SetChild("Text", Text(f.Text))
	if space != "" {
		reason = New(space, "Reason").With(Leaf(space, "Text", f.Text).Set(LangAttr, "en"))
	}
	return New(space, "Fault").With(
		New(space, "Code").SetChild("Value", Text(code)), reason, New(space, "Detail").With(detail))
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}
