package wire

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseCall(t *testing.T) {
	doc := `<?xml version="1.0"?>
<methodCall><methodName> get_roster </methodName><params><param><value><struct>
 <member><name>user</name><value>bob</value></member>
 <member><name>server</name><value><string> a b </string></value></member>
 <member><name>n</name><value><i4>+7</i4></value></member>
 <member><name>t</name><value><base64>w6TD
 tg==</base64></value></member>
 <member><name>on</name><value><boolean>1</boolean></value></member>
 <member><name>list</name><value><array><data><value><double>1.5</double></value><value/></data></array></value></member>
</struct></value></param></params></methodCall>`
	want := Call{Method: "get_roster", Params: []Value{Record(
		Member{"user", Text("bob")}, Member{"server", Text(" a b ")}, Member{"n", Number(7)}, Member{"t", Text("äö")},
		Member{"on", Value{Kind: Boolean, Text: "1"}}, Member{"list", List(Value{Kind: Double, Text: "1.5"}, Text(""))},
	)}}
	got, err := ParseCall([]byte(doc))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%+v, %v\nwant %+v", got, err, want)
	}
}

func TestParseCallRefuses(t *testing.T) {
	in := func(v string) string {
		return "<methodCall><methodName>m</methodName><params><param>" + v + "</param></params></methodCall>"
	}
	for name, c := range map[string]struct{ doc, says string }{
		"nothing":          {"", "ends too early"},
		"no XML":           {"{}", "byte"},
		"another document": {"<a/>", "<methodCall>"},
		"no name":          {"<methodCall/>", "<methodName>"},
		"a bad name":       {"<methodCall><methodName>a b</methodName></methodCall>", "<methodName>"},
		"a doctype":        {`<!DOCTYPE x [<!ENTITY a "aa">]><methodCall/>`, "byte"},
		"no value":         {in(""), "<value>"},
		"a type":           {in("<value><nil/></value>"), `"nil"`},
		"a large int":      {in("<value><int>2147483648</int></value>"), "32 bits"},
		"a boolean":        {in("<value><boolean>true</boolean></value>"), "0 or 1"},
		"a double":         {in("<value><double>x</double></value>"), "double"},
		"base64":           {in("<value><base64>*</base64></value>"), "base64"},
		"bytes":            {in("<value><base64>/w==</base64></value>"), "UTF-8"},
		"a nameless one":   {in("<value><struct><member><value/></member></struct></value>"), "<name>"},
		"half a member":    {in("<value><struct><member><name>a</name></member></struct></value>"), `"a"`},
		"no data":          {in("<value><array/></value>"), "<data>"},
		"not UTF-8":        {in("<value>\xff</value>"), "UTF-8"},
		"UTF-16":           {`<?xml version="1.0" encoding="UTF-16"?>` + in(""), "utf-16"},
		"too deep":         {in(strings.Repeat("<value><array><data>", 20) + strings.Repeat("</data></array></value>", 20)), "depth"},
		"too many":         {in("<value><array><data>" + strings.Repeat("<value/>", maxElements) + "</data></array></value>"), "elements"},
		"too large":        {in("<value>" + strings.Repeat("a", MaxBody) + "</value>"), "bytes"},
		"an end":           {in("<value/>") + "<a/>", "after"},
	} {
		if _, err := ParseCall([]byte(c.doc)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; it is to say %q", name, err, c.says)
		}
	}
}

func TestEncodings(t *testing.T) {
	doc := func(encoding, text string) []byte {
		return []byte(`<?xml version='1.0' encoding='` + encoding + `'?><methodCall><methodName>m</methodName><params><param><value>` + text + `</value></param></params></methodCall>`)
	}
	for encoding, text := range map[string]string{"UTF-8": "\xc3\xa4", "ISO-8859-1": "\xe4", "us-ascii": "&#228;"} {
		if c, err := ParseCall(doc(encoding, text)); err != nil || c.Params[0].Text != "ä" {
			t.Errorf("%s: %+v, %v", encoding, c, err)
		}
	}
}

func TestDocuments(t *testing.T) {
	const head = `<?xml version="1.0" encoding="UTF-8"?>` + "\n<methodResponse>"
	got := string(Response(List(Record(Member{"a&b", Text("<\x01")}), Number(-3), List())))
	want := head + `<params><param><value><array><data><value><struct><member><name>a&amp;b</name><value><string>&lt;` + "\uFFFD" + `</string></value></member></struct></value>` +
		`<value><int>-3</int></value><value><array><data/></array></value></data></array></value></param></params></methodResponse>`
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	got = string((&Fault{404, "item-not-found"}).Document())
	want = head + `<fault><value><struct><member><name>faultCode</name><value><int>404</int></value></member>` +
		`<member><name>faultString</name><value><string>item-not-found</string></value></member></struct></value></fault></methodResponse>`
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// FuzzParseCall: whatever was read, written as a call again reads the same.
func FuzzParseCall(f *testing.F) {
	f.Add([]byte(`<methodCall><methodName>m</methodName><params><param><value><struct><member><name>a</name><value><i4>1</i4></value></member></struct></value></param></params></methodCall>`))
	f.Add([]byte(`<?xml version="1.0" encoding="iso-8859-1"?><methodCall><methodName>a.b</methodName><params><param><value><array><data><value>` + "\xe4" + `</value></data></array></value></param></params></methodCall>`))
	f.Add([]byte(`<!DOCTYPE a><methodCall/>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := ParseCall(body)
		if err != nil {
			if len(err.Error()) > 1000 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		again, err := ParseCall(c.document())
		if err != nil || !reflect.DeepEqual(again, c) {
			t.Errorf("%+v\nread again: %+v, %v", c, again, err)
		}
	})
}
