// Package wire reads calls of XML-RPC and writes responses (the specification at xmlrpc.com/spec of 1999, with its
// update of 2003). It knows no method.
package wire

import (
	"fmt"
	"strings"
)

// A Kind is the type of a value.
type Kind uint8

// The types of the specification. Text is a scalar of any type but int: callers write numbers as strings and strings as
// base64, as their language has it.
const (
	String Kind = iota
	Int
	Boolean
	Double
	DateTime
	Struct
	Array
)

func (k Kind) String() string {
	return [...]string{"string", "int", "boolean", "double", "dateTime.iso8601", "struct", "array"}[k]
}

// A Value is one value of a call or a response.
type Value struct {
	Kind    Kind
	Text    string   // of scalars: as it was written; base64 is decoded, and a String
	Members []Member // of a Struct, in the order of the sender
	Items   []Value  // of an Array
}

// A Member is a named value of a struct.
type Member struct {
	Name  string
	Value Value
}

// Text makes a string.
func Text(s string) Value { return Value{Text: s} }

// Number makes an int.
func Number(n int) Value { return Value{Kind: Int, Text: fmt.Sprint(n)} }

// List makes an array.
func List(items ...Value) Value { return Value{Kind: Array, Items: items} }

// Record makes a struct.
func Record(members ...Member) Value { return Value{Kind: Struct, Members: members} }

// Get is the value of a member; false where there is none. Of members with one name the last counts, as in most
// readers.
func (v Value) Get(name string) (Value, bool) {
	for i := len(v.Members) - 1; i >= 0; i-- {
		if v.Members[i].Name == name {
			return v.Members[i].Value, true
		}
	}
	return Value{}, false
}

// Scalar is the text of a value that is neither struct nor array.
func (v Value) Scalar() (string, bool) { return v.Text, v.Kind != Struct && v.Kind != Array }

// A Call is a methodCall.
type Call struct {
	Method string
	Params []Value
}

// A Fault is the answer to a call that has failed.
type Fault struct {
	Code int
	Text string
}

func (f *Fault) Error() string { return fmt.Sprintf("fault %d: %s", f.Code, f.Text) }

// Value is the struct that faults are sent as.
func (f *Fault) Value() Value {
	return Record(Member{"faultCode", Number(f.Code)}, Member{"faultString", Text(f.Text)})
}

// isName reports whether s may name a method: identifier characters, dot, colon and slash.
func isName(s string) bool {
	return s != "" && len(s) <= 128 && strings.IndexFunc(s, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		return !letter && (r < '0' || r > '9') && !strings.ContainsRune("_.:/", r)
	}) < 0
}
