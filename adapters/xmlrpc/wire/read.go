package wire

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"imgate/xmltree"
)

// Bounds of a call.
const (
	MaxBody  = 1 << 20 // bytes
	maxDepth = 40      // of elements: twice what a system.multicall of structs needs

	maxElements = 20000
)

// ParseCall reads a methodCall of at most MaxBody bytes. The error is for whoever has sent it.
func ParseCall(body []byte) (Call, error) {
	if len(body) > MaxBody {
		return Call{}, fmt.Errorf("a call has %d bytes at most", MaxBody)
	}
	text, err := decode(body)
	if err != nil {
		return Call{}, err
	}
	root, err := xmltree.Parse(text, xmltree.Limits{Bytes: 2 * MaxBody, Depth: maxDepth, Elements: maxElements})
	if err != nil {
		return Call{}, err
	}
	if !root.Is("", "methodCall") {
		return Call{}, errors.New("a call is a <methodCall>")
	}
	call := Call{Method: strings.TrimSpace(root.ChildText("", "methodName"))}
	if !isName(call.Method) {
		return Call{}, errors.New("a call names its method in <methodName>")
	}
	for param := range root.Child("", "params").ChildrenNamed("", "param") {
		v, err := value(param.Child("", "value"))
		if err != nil {
			return Call{}, err
		}
		call.Params = append(call.Params, v)
	}
	return call, nil
}

// value reads a <value>; without a type it is a string.
func value(e *xmltree.Element) (Value, error) {
	if e == nil {
		return Value{}, errors.New("a <value> is missing")
	}
	typed := e.First()
	if typed == nil {
		return Value{Text: e.Text()}, nil
	}
	text := strings.TrimSpace(typed.Text())
	switch typed.Name.Local {
	case "string":
		return Value{Text: typed.Text()}, nil
	case "int", "i4":
		return number(text)
	case "boolean":
		if text != "0" && text != "1" {
			return Value{}, fmt.Errorf("a boolean is 0 or 1, not %.20q", text)
		}
		return Value{Kind: Boolean, Text: text}, nil
	case "double":
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			return Value{}, fmt.Errorf("%.20q is no double", text)
		}
		return Value{Kind: Double, Text: text}, nil
	case "dateTime.iso8601":
		return Value{Kind: DateTime, Text: text}, nil
	case "base64":
		return fromBase64(text)
	case "struct":
		return record(typed)
	case "array":
		return list(typed)
	}
	return Value{}, fmt.Errorf("a value of the type %.40q is not understood", typed.Name.Local)
}

func number(text string) (Value, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return Value{}, fmt.Errorf("%.20q is no int of 32 bits", text)
	}
	return Value{Kind: Int, Text: strconv.FormatInt(n, 10)}, nil
}

// fromBase64 reads what some callers send for text that is not ASCII.
func fromBase64(text string) (Value, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	if err != nil {
		return Value{}, errors.New("a base64 value can't be decoded")
	}
	if !utf8.Valid(raw) {
		return Value{}, errors.New("a base64 value is no UTF-8 text")
	}
	return Value{Text: string(raw)}, nil
}

func record(e *xmltree.Element) (Value, error) {
	out := Value{Kind: Struct}
	for m := range e.ChildrenNamed("", "member") {
		name := m.Child("", "name")
		if name == nil {
			return Value{}, errors.New("a member of a struct has no <name>")
		}
		v, err := value(m.Child("", "value"))
		if err != nil {
			return Value{}, fmt.Errorf("member %.40q: %w", name.Text(), err)
		}
		out.Members = append(out.Members, Member{name.Text(), v})
	}
	return out, nil
}

func list(e *xmltree.Element) (Value, error) {
	data := e.Child("", "data")
	if data == nil {
		return Value{}, errors.New("an array has no <data>")
	}
	out := Value{Kind: Array}
	for item := range data.ChildrenNamed("", "value") {
		v, err := value(item)
		if err != nil {
			return Value{}, err
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}
