package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// The members of JSON that are no attribute and no child.
const (
	spaceMember = "_jsns"
	textMember  = "_content"
)

// readJSON reads one object into an element without a name: members that hold objects are children, others attributes.
func readJSON(body []byte) (*Element, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	r := jsonReader{d, newBudget()}
	root := New("", "")
	token, err := r.next()
	if err != nil {
		return nil, err
	}
	if token != json.Delim('{') {
		return nil, errParse("JSON that is no object")
	}
	if err := r.object(root, 1); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errParse("something behind the JSON object")
	}
	return root, nil
}

type jsonReader struct {
	d      *json.Decoder
	budget *budget
}

func (r *jsonReader) next() (json.Token, error) {
	t, err := r.d.Token()
	if err != nil {
		return nil, errParse("no JSON: " + err.Error())
	}
	return t, nil
}

// object reads the members of e, whose brace was read.
func (r *jsonReader) object(e *Element, depth int) error {
	if err := r.budget.take(depth); err != nil {
		return err
	}
	for {
		token, err := r.next()
		if err != nil {
			return err
		}
		name, isName := token.(string)
		if !isName {
			if depth > 1 { // the namespace of the envelope is its own
				e.tidy()
			}
			return nil
		}
		if err := r.member(e, name, depth); err != nil {
			return err
		}
		if len(e.Attrs) > maxAttrs {
			return errParse("too many members")
		}
	}
}

func (r *jsonReader) member(e *Element, name string, depth int) error {
	token, err := r.next()
	if err != nil {
		return err
	}
	delim, nested := token.(json.Delim)
	switch {
	case nested && (name == spaceMember || name == textMember):
		return errParse(name + " is no object")
	case !nested:
		e.scalar(name, token)
		return nil
	case delim == '[':
		return r.array(e, name, depth)
	}
	return r.child(e, name, depth, false)
}

func (r *jsonReader) child(e *Element, name string, depth int, list bool) error {
	c := &Element{Local: name, List: list}
	e.With(c)
	return r.object(c, depth+1)
}

// array reads the items of an array whose bracket was read: each is a child; what is no object is the child's text.
func (r *jsonReader) array(e *Element, name string, depth int) error {
	for {
		token, err := r.next()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim(']'):
			return nil
		case json.Delim('['):
			return errParse("an array in an array")
		case json.Delim('{'):
			err = r.child(e, name, depth, true)
		case nil:
		default:
			c := &Element{Local: name, List: true}
			c.scalar(textMember, token)
			e.With(c)
			err = r.budget.take(depth + 1)
		}
		if err != nil {
			return err
		}
	}
}

// scalar takes a member that is text, a number, a truth value or null, which is nothing.
func (e *Element) scalar(name string, token json.Token) {
	text := ""
	switch t := token.(type) {
	case string:
		text = t
	case json.Number:
		text = t.String()
	case bool:
		text = "false"
		if t {
			text = "true"
		}
	default:
		return
	}
	switch name {
	case spaceMember:
		e.Space = text
	case textMember:
		e.setText(text)
	default:
		e.setLast(name, text)
	}
}

// setText makes text the first node; the last of several counts.
func (e *Element) setText(text string) {
	if len(e.Nodes) == 0 || e.Nodes[0].Element != nil {
		e.Nodes = append([]Node{{}}, e.Nodes...)
	}
	e.Nodes[0].Text = text
}

// tidy drops an empty text, and gives its namespace to children that name none.
func (e *Element) tidy() {
	if len(e.Nodes) > 0 && e.Nodes[0] == (Node{}) {
		e.Nodes = e.Nodes[1:]
	}
	for c := range e.Elements() {
		c.inherit(e.Space)
	}
}

func (e *Element) inherit(space string) {
	if e.Space != "" || space == "" {
		return
	}
	e.Space = space
	for c := range e.Elements() {
		c.inherit(space)
	}
}
