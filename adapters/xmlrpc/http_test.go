package xmlrpc

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"imgate/adapters/xmlrpc/wire"
)

var hello = callDocument("echothis", value("hello"))

const helloAnswer = `"echoed: hello"`

func TestWrongArguments(t *testing.T) {
	h := newHouse(t, nil)
	for _, c := range []struct{ name, got, want string }{
		{"missing", h.call("get_roster", "user", "bob"), "get_roster: the argument server is missing"},
		{"no struct", h.callWith("get_roster", value("bob")), "get_roster takes one struct: {user, server}"},
		{"nothing", h.callWith("add_rosteritem"), "add_rosteritem takes one struct: {user, server, jid, group?, nick?, subs?}"},
		{"two", h.callWith("get_roster", record(), record()), "get_roster takes one struct: {user, server}"},
		{"a struct within", h.callWith("get_roster", strings.Replace(record("user", "bob", "server", "x"), value("x"), record(), 1)), "get_roster: the argument server is a string, not a struct"},
		{"unknown", h.call("online_users"), "Unknown call: online_users"},
		{"echo", h.callWith("echothis"), "echothis takes one string"},
		{"echo", h.callWith("echothis", record()), "echothis takes one string, not a struct"},
		{"help", h.callWith("system.methodHelp", value("x")), "Unknown call: x"},
		{"help", h.callWith("system.methodHelp"), "the name of a call is wanted"},
		{"list", h.callWith("system.listMethods", value("x")), "system.listMethods takes nothing"},
		{"many", h.callWith("system.multicall", value("x")), "system.multicall takes one array of at most 100 calls"},
	} {
		same(t, c.name, c.got, `fault {faultCode: -1, faultString: "`+c.want+`"}`)
	}
	same(t, "further members", h.call("get_roster", "user", "ann", "server", "example.org", "x", "y"), "[]")
	same(t, "numbers", h.callWith("get_presence", strings.Replace(record("user", "1", "server", "example.org"), value("1"), "<value><int>1</int></value>", 1)), `fault {faultCode: 404, faultString: "item-not-found"}`)
	same(t, "echo", h.callWith("echothis", "<value>hello</value>"), helloAnswer)
}

func TestWhatCannotBeRead(t *testing.T) {
	h := newHouse(t, nil)
	for name, c := range map[string]struct{ body, says string }{
		"no XML":    {"hello", "can't be read"},
		"DOCTYPE":   {`<!DOCTYPE a [<!ENTITY b "bb">]>` + hello, "can't be read"},
		"nesting":   {callDocument("echothis", strings.Repeat("<value><array><data>", 100)+strings.Repeat("</data></array></value>", 100)), "depth"},
		"not UTF-8": {callDocument("echothis", "<value>\xff</value>"), "UTF-8"},
		"ten MB":    {callDocument("echothis", value(strings.Repeat("a", 10<<20))), "1048576 bytes at most"},
		"nothing":   {"", "can't be read"},
	} {
		r, body := h.post(c.body, nil)
		if r.StatusCode != http.StatusOK || r.Header.Get("Content-Type") != "text/xml; charset=utf-8" {
			t.Errorf("%s: %s", name, r.Status)
		}
		got := brief(t, body)
		if !strings.HasPrefix(got, "fault {faultCode: -32700, ") || !strings.Contains(got, c.says) || len(got) > 1000 {
			t.Errorf("%s: %s", name, got)
		}
	}
	same(t, "and the next", h.callWith("echothis", value("hello")), helloAnswer)
}

func TestADefectIsAFault(t *testing.T) {
	h := newHouse(t, nil)
	h.fake.panics = true
	same(t, "panic", h.call("get_roster", "user", "bob", "server", "example.org"), `fault {faultCode: -32500, faultString: "internal-server-error"}`)
}

// A web page in the operator's browser reaches loopback addresses; whatever it can send is refused.
func TestWebPagesDoNotGetIn(t *testing.T) {
	h := newHouse(t, nil)
	set := func(k, v string) func(*http.Request) { return func(r *http.Request) { r.Header.Set(k, v) } }
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"a form":             {set("Content-Type", "application/x-www-form-urlencoded"), 415},
		"text":               {set("Content-Type", "text/plain"), 415},
		"no type":            {func(r *http.Request) { r.Header.Del("Content-Type") }, 415},
		"another site":       {set("Origin", "https://example.net"), 403},
		"a browser":          {set("Sec-Fetch-Site", "same-origin"), 403},
		"a rebound name":     {func(r *http.Request) { r.Host = "rebound.example.net" }, 403},
		"with a port":        {func(r *http.Request) { r.Host = "rebound.example.net:4560" }, 403},
		"GET":                {func(r *http.Request) { r.Method = http.MethodGet }, 405},
		"a preflight":        {func(r *http.Request) { r.Method = http.MethodOptions }, 405},
		"localhost":          {func(r *http.Request) { r.Host = "LocalHost:4560" }, 200},
		"an IPv6 address":    {func(r *http.Request) { r.Host = "[::1]:4560" }, 200},
		"application/xml":    {set("Content-Type", "application/xml; charset=UTF-8"), 200},
		"a password unasked": {func(r *http.Request) { r.SetBasicAuth("a", "b") }, 200},
	} {
		r, body := h.post(hello, c.change)
		if r.StatusCode != c.status || strings.Contains(body, "hello") != (c.status == 200) {
			t.Errorf("%s: %s %s", name, r.Status, body)
		}
		if r.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: other sites may read", name)
		}
	}
}

func TestPasswords(t *testing.T) { synctest.Test(t, passwords) }

func passwords(t *testing.T) {
	h := newHouse(t, withPassword)
	basic := func(user, password string) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(user, password); r.Host = "im.example.org" }
	}
	leading := func(user, password string) string {
		return callDocument("get_roster", record("user", user, "server", "example.org", "password", password), record("user", "ann", "server", "example.org"))
	}
	for name, c := range map[string]struct {
		body   string
		change func(*http.Request)
		status int
	}{
		"Basic":                     {hello, basic("web", "s3cret"), 200},
		"leading struct":            {leading("web", "s3cret"), nil, 200},
		"both, the struct is wrong": {leading("web", "x"), basic("web", "s3cret"), 200},
		"wrong password":            {hello, basic("web", "secret"), 401},
		"wrong user":                {hello, basic("we", "bs3cret"), 401},
		"wrong struct":              {leading("web", "x"), nil, 401},
		"none":                      {hello, nil, 401},
		"none, and no call":         {"<a/>", nil, 401},
		"none, and large":           {strings.Repeat("a", wire.MaxBody+1), nil, 401},
	} {
		began := time.Now()
		r, body := h.post(c.body, c.change)
		if r.StatusCode != c.status || (r.Header.Get("WWW-Authenticate") != "") != (c.status == 401) || strings.Contains(body, "s3cret") || c.status == 401 && brief(t, body) != `fault {faultCode: 401, faultString: "not-authorized"}` {
			t.Errorf("%s: %s %v %s", name, r.Status, r.Header, body)
		}
		if took := time.Since(began); (took >= refusalTime) != strings.HasPrefix(name, "wrong") {
			t.Errorf("%s: answered after %v", name, took)
		}
	}
	if log := h.log.String(); strings.Contains(log, "s3cret") || !strings.Contains(log, "turned away") {
		t.Error(log)
	}
}

func TestIntrospection(t *testing.T) {
	h := newHouse(t, nil)
	same(t, "list", h.callWith("system.listMethods"), `["add_rosteritem", "delete_rosteritem", "echothis", "get_presence", "get_resources", "get_roster", "get_roster_with_presence", "link_contacts", "send_stanza", `+
		`"system.listMethods", "system.methodHelp", "system.methodSignature", "system.multicall", "unlink_contacts"]`)
	for name, want := range map[string]string{
		"get_roster": `[["array", "struct"]]`, "echothis": `[["string", "string"]]`, "system.listMethods": `[["array"]]`, "system.multicall": `[["array", "array"]]`, "send_stanza": `[["int", "struct"]]`,
	} {
		same(t, name, h.callWith("system.methodSignature", value(name)), want)
	}
	for name := range h.door.methods {
		if help := h.callWith("system.methodHelp", value(name)); strings.HasPrefix(help, "fault") || len(help) < 10 {
			t.Errorf("%s: %s", name, help)
		}
	}
}

func TestMulticall(t *testing.T) {
	h := newHouse(t, nil)
	one := func(method string, params ...string) string {
		return strings.Replace(record("methodName", method, "params", "X"), value("X"), array(params...), 1)
	}
	got := h.callWith("system.multicall", array(
		one("echothis", value("a")), one("get_roster", record("user", "zoe", "server", "example.org")), one("system.multicall", array()),
		value("x"), one("get_roster", record("user", "u", "password", "p"), record("user", "ann", "server", "example.org")),
	))
	same(t, "multicall", got, `[["echoed: a"], {faultCode: 404, faultString: "item-not-found"}, {faultCode: -1, faultString: "system.multicall can't call itself"}, `+
		`{faultCode: -1, faultString: "each call is a struct of methodName and params"}, [[]]]`)
	many := h.callWith("system.multicall", array(strings.Split(strings.Repeat(one("echothis", value("a"))+"|", maxCalls+1), "|")[:maxCalls+1]...))
	same(t, "too many", many, `fault {faultCode: -1, faultString: "system.multicall takes one array of at most 100 calls"}`)
}

func array(items ...string) string {
	return "<value><array><data>" + strings.Join(items, "") + "</data></array></value>"
}

// The door is not kept busy by more than it can bear.
func TestTooManyAtOnce(t *testing.T) {
	h := newHouse(t, nil)
	for range atOnce {
		h.door.busy <- struct{}{}
	}
	if r, _ := h.post(hello, nil); r.StatusCode != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" {
		t.Error(r.Status)
	}
	<-h.door.busy
	if r, _ := h.post(hello, nil); r.StatusCode != http.StatusOK {
		t.Error(r.Status)
	}
}
