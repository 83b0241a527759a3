package xmpp

import "imgate/xmltree"

// A FormType is the type of a data form (XEP-0004 §3).
type FormType string

// The types of forms.
const (
	FormForm   FormType = "form"
	SubmitForm FormType = "submit"
	CancelForm FormType = "cancel"
	ResultForm FormType = "result"
)

// A FieldType is the type of a field (XEP-0004 §3.3).
type FieldType string

// The types of fields. The zero value, as in submitted forms, counts as text-single.
const (
	BooleanField     FieldType = "boolean"
	FixedField       FieldType = "fixed"
	HiddenField      FieldType = "hidden"
	JIDMultiField    FieldType = "jid-multi"
	JIDSingleField   FieldType = "jid-single"
	ListMultiField   FieldType = "list-multi"
	ListSingleField  FieldType = "list-single"
	TextMultiField   FieldType = "text-multi"
	TextPrivateField FieldType = "text-private"
	TextSingleField  FieldType = "text-single"
)

// A Form is a data form (XEP-0004). Reported and Items are the table of a result with many rows.
type Form struct {
	Type         FormType
	Title        string
	Instructions string
	Fields       []Field
	Reported     []Field
	Items        [][]Field
}

// A Field is a field of a form.
type Field struct {
	Var      string
	Type     FieldType
	Label    string
	Desc     string
	Required bool
	Values   []string
	Options  []Option // of the list types
	Pattern  string   // a regular expression that the whole value matches (XEP-0122 §3.2.4); empty: none
}

// An Option is a choice of a list field.
type Option struct{ Label, Value string }

// Element makes the x element of the form.
func (f *Form) Element() *xmltree.Element {
	x := xmltree.New(DataSpace, "x").SetAttr("type", string(f.Type))
	if f.Title != "" {
		x.With(xmltree.Leaf(DataSpace, "title", f.Title))
	}
	if f.Instructions != "" {
		x.With(xmltree.Leaf(DataSpace, "instructions", f.Instructions))
	}
	x.With(fieldElements(f.Fields)...)
	if len(f.Reported) > 0 {
		x.With(xmltree.New(DataSpace, "reported").With(fieldElements(f.Reported)...))
	}
	for _, row := range f.Items {
		x.With(xmltree.New(DataSpace, "item").With(fieldElements(row)...))
	}
	return x
}

func fieldElements(fields []Field) []*xmltree.Element {
	list := make([]*xmltree.Element, 0, len(fields))
	for i := range fields {
		list = append(list, fields[i].element())
	}
	return list
}

func (f *Field) element() *xmltree.Element {
	e := xmltree.New(DataSpace, "field")
	for _, a := range [...]Option{{"var", f.Var}, {"type", string(f.Type)}, {"label", f.Label}} {
		if a.Value != "" {
			e.SetAttr(a.Label, a.Value)
		}
	}
	if f.Desc != "" {
		e.With(xmltree.Leaf(DataSpace, "desc", f.Desc))
	}
	if f.Required {
		e.With(xmltree.New(DataSpace, "required"))
	}
	for _, v := range f.Values {
		e.With(xmltree.Leaf(DataSpace, "value", v))
	}
	if f.Pattern != "" {
		e.With(xmltree.New(ValidateSpace, "validate").SetAttr("datatype", "xs:string").With(xmltree.Leaf(ValidateSpace, "regex", f.Pattern)))
	}
	for _, o := range f.Options {
		option := xmltree.New(DataSpace, "option").With(xmltree.Leaf(DataSpace, "value", o.Value))
		if o.Label != "" {
			option.SetAttr("label", o.Label)
		}
		e.With(option)
	}
	return e
}

// ParseForm reads an x element. It gives nil for nil and for any other element.
func ParseForm(x *xmltree.Element) *Form {
	if !x.Is(DataSpace, "x") {
		return nil
	}
	f := &Form{
		Type:         FormType(x.Attr("type")),
		Title:        x.ChildText(DataSpace, "title"),
		Instructions: x.ChildText(DataSpace, "instructions"),
		Fields:       parseFields(x),
		Reported:     parseFields(x.Child(DataSpace, "reported")),
	}
	for item := range x.ChildrenNamed(DataSpace, "item") {
		f.Items = append(f.Items, parseFields(item))
	}
	return f
}

func parseFields(parent *xmltree.Element) []Field {
	var list []Field
	for e := range parent.ChildrenNamed(DataSpace, "field") {
		f := Field{
			Var: e.Attr("var"), Type: FieldType(e.Attr("type")), Label: e.Attr("label"),
			Desc: e.ChildText(DataSpace, "desc"), Required: e.Child(DataSpace, "required") != nil,
			Pattern: e.Child(ValidateSpace, "validate").ChildText(ValidateSpace, "regex"),
		}
		for v := range e.ChildrenNamed(DataSpace, "value") {
			f.Values = append(f.Values, v.Text())
		}
		for o := range e.ChildrenNamed(DataSpace, "option") {
			f.Options = append(f.Options, Option{o.Attr("label"), o.ChildText(DataSpace, "value")})
		}
		list = append(list, f)
	}
	return list
}

// Field is the field of that name, or nil. A nil form has none.
func (f *Form) Field(name string) *Field {
	if f == nil {
		return nil
	}
	for i := range f.Fields {
		if f.Fields[i].Var == name {
			return &f.Fields[i]
		}
	}
	return nil
}

// Value is the first value of the field of that name; empty if there is none.
func (f *Form) Value(name string) string {
	if field := f.Field(name); field != nil && len(field.Values) > 0 {
		return field.Values[0]
	}
	return ""
}

// On is the value of a boolean field (XEP-0004 §3.3: 1 and true are true).
func (f *Form) On(name string) bool {
	v := f.Value(name)
	return v == "1" || v == "true"
}

// Kind is the value of the field FORM_TYPE (XEP-0068).
func (f *Form) Kind() string { return f.Value("FORM_TYPE") }

// HiddenKind makes the field FORM_TYPE (XEP-0068).
func HiddenKind(kind string) Field {
	return Field{Var: "FORM_TYPE", Type: HiddenField, Values: []string{kind}}
}
