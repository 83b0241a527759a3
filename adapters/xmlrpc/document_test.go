package xmlrpc

import (
	"flag"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the examples of docs/xmlrpc.md anew")

// TestTheExamplesOfTheDocument makes each call of docs/xmlrpc.md, and compares the answers with those there.
func TestTheExamplesOfTheDocument(t *testing.T) {
	const path, begin, end = "../../docs/xmlrpc.md", "<!-- examples -->\n", "<!-- end of the examples -->\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), begin)
	old, tail, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("the document has no place for examples")
	}
	h := storyHouse(t)
	var b strings.Builder
	for _, e := range []struct{ name, request string }{
		{"link_contacts", callDocument("link_contacts", record("jid1", "bob@example.org", "nick1", "Bob", "jid2", "ann@aim.example.org", "nick2", "Ann"))},
		{"unlink_contacts", callDocument("unlink_contacts", record("jid1", "bob@example.org", "jid2", "ann@aim.example.org"))},
		{"get_roster", callDocument("get_roster", record("user", "bob", "server", "example.org"))},
		{"get_roster, of nobody", callDocument("get_roster", record("user", "zoe", "server", "example.org"))},
		{"get_roster_with_presence", callDocument("get_roster_with_presence", record("user", "joe average", "server", "aim.example.org"))},
		{"get_presence", callDocument("get_presence", record("user", "bob", "server", "example.org"))},
		{"get_resources", callDocument("get_resources", record("user", "bob", "server", "example.org"))},
		{"send_stanza", callDocument("send_stanza", record("from", "ann@aim.example.org", "to", "bob@example.org", "stanza", "<message type='chat'><body>hi</body></message>"))},
		{"add_rosteritem", callDocument("add_rosteritem", record("user", "eve", "server", "example.org", "jid", "bob@example.org", "group", "Friends", "nick", "Bob", "subs", "both"))},
		{"delete_rosteritem", callDocument("delete_rosteritem", record("user", "eve", "server", "example.org", "jid", "bob@example.org"))},
		{"echothis", callDocument("echothis", value("hello"))},
		{"system.multicall", callDocument("system.multicall", array(strings.Replace(record("methodName", "echothis", "params", "X"), value("X"), array(value("a")), 1)))},
	} {
		answer, _ := h.door.answer(httptest.NewRequest("POST", "/", nil), []byte(e.request), nil, true)
		b.WriteString("`" + e.name + "`\n\n```xml\n" + readable(e.request) + "\n```\n```xml\n" + readable(string(answer)) + "\n```\n\n")
	}
	switch {
	case b.String() == old:
	case *update:
		if err := os.WriteFile(path, []byte(head+begin+b.String()+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the document says otherwise (write it anew with -update); seen:\n%s", b.String())
	}
}

// readable breaks a document into lines, without its declaration.
func readable(doc string) string {
	if strings.HasPrefix(doc, "<?xml") {
		_, doc, _ = strings.Cut(doc, "?>")
	}
	doc = strings.NewReplacer("<member>", "\n  <member>", "<data><value>", "<data>\n <value>", "<value><struct>", "<value><struct>", "</struct></value><value>", "</struct></value>\n <value>").Replace(doc)
	return strings.TrimSpace(doc)
}
