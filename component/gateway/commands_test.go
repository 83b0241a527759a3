package gateway

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"imgate/state"
	"imgate/transports"
	"imgate/xmltree"
	"imgate/xmpp"
)

// runs runs a command for somebody; fields are name and value in turn, none asks for the form.
func (w *world) runs(who, node string, fields ...string) string {
	w.t.Helper()
	w.link.take()
	form := ""
	if len(fields) > 0 {
		form = "<x xmlns='jabber:x:data' type='submit'>"
		for i := 0; i+1 < len(fields); i += 2 {
			form += "<field var='" + fields[i] + "'><value>" + fields[i+1] + "</value></field>"
		}
		form += "</x>"
	}
	w.says(`<iq type='set' id='cmd' from='%s' to='%s'><command xmlns='http://jabber.org/protocol/commands' node='%s'>%s</command></iq>`, who, domain, node, form)
	w.after(0)
	for _, s := range w.link.peek() {
		if strings.Contains(s, `id="cmd"`) {
			return s
		}
	}
	w.t.Errorf("%s was not answered", node)
	return ""
}

const queen = "queen@example.org/throne"

func has(t *testing.T, s string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(s, part) {
			t.Errorf("%q is missing in %s", part, s)
		}
	}
}

func TestMyDataAndForgetMe(t *testing.T) {
	play(t, func(w *world) {
		has(t, w.runs(laptop, "my-data"), "Nothing is kept")
		w.online()
		w.together()
		w.settings("strangers", "ask")
		e, err := xmltree.Parse(w.runs(laptop, "my-data"), xmltree.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		f := xmpp.ParseForm(e.First().Child(xmpp.DataSpace, "x"))
		var data struct {
			Name, Typed string
			Settings    map[string]string
			Contacts    []struct{ Name string }
			History     []any
		}
		text := strings.Join(f.Field("json").Values, "\n")
		if err := json.Unmarshal([]byte(text), &data); err != nil {
			t.Fatal(err)
		}
		if data.Name != "aliceliddell" || data.Typed != "Alice Liddell" || data.Settings["strangers"] != "ask" || len(data.Contacts) != 1 ||
			len(data.History) == 0 || strings.Contains(text, `"pw"`) {
			t.Error(text)
		}
		has(t, w.runs(laptop, "forget-me"), `var="confirm"`)
		has(t, w.runs(laptop, "forget-me", "confirm", "0"), "Nothing was deleted")
		has(t, w.runs(laptop, "forget-me", "confirm", "1"), "Nothing is kept of you any more")
		w.hears(`type="unsubscribed" & from="aim.example.org"`)
		w.after(time.Second)
		has(t, w.runs(laptop, "my-data"), "Nothing is kept of you.")
		if _, _, on := w.server.Online("aliceliddell"); on {
			t.Error("still signed on")
		}
	})
}

// What was removed and can be restored is kept, is shown, and is forgotten too.
func TestForgetMeAfterUnregistering(t *testing.T) {
	play(t, func(w *world) {
		w.stop()
		w.undo = time.Hour
		w.start()
		w.online()
		w.runs(laptop, "unregister", "confirm", "1")
		w.after(time.Second)
		has(t, w.runs(laptop, "my-data"), "aliceliddell", `removed`)
		has(t, w.runs(laptop, "forget-me", "confirm", "1"), "Nothing is kept")
		has(t, w.runs(laptop, "my-data"), "Nothing is kept of you.")
		has(t, w.runs(laptop, "forget-me", "confirm", "1"), "Nothing is kept")
	})
}

func TestAdministratorsCommands(t *testing.T) {
	play(t, func(w *world) {
		const admin = "http://jabber.org/protocol/admin#"
		w.online()
		for _, node := range []string{"get-online-users-list", "announce", "disable-user", "reenable-user", "end-user-session", "get-registered-users-list"} {
			has(t, w.runs(laptop, admin+node), "<forbidden")
		}
		has(t, w.runs(queen, "settings"), "<registration-required")
		w.says(`<iq type='get' id='items' from='%s' to='%s'><query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/commands'/></iq>`, queen, domain)
		w.hears(admin + `announce & ` + admin + `disable-user & node="register"`)
		w.says(`<iq type='get' id='items' from='%s' to='%s'><query xmlns='http://jabber.org/protocol/disco#items' node='http://jabber.org/protocol/commands'/></iq>`, laptop, domain)
		w.never(admin)
		has(t, w.runs(queen, admin+"get-online-users-list"), "alice@example.org", "1 users")
		has(t, w.runs(queen, admin+"announce"), `type="text-multi"`)
		has(t, w.runs(queen, admin+"announce", "announcement", "Tarts at four"), "Announced to 1 users")
		w.hears(`type="headline" & to="alice@example.org" & Tarts at four`)
		has(t, w.runs(queen, admin+"announce", "announcement", " "), "<not-acceptable")
		has(t, w.runs(queen, admin+"end-user-session", "accountjids", "alice@example.org/laptop"), "alice@example.org/laptop: ")
		w.expectState(state.IntentionallyOffline, state.SignedOff)
		has(t, w.runs(queen, admin+"get-online-users-list"), "0 users")
		has(t, w.runs(queen, admin+"get-registered-users-list"), "alice@example.org")
		has(t, w.runs(queen, admin+"disable-user", "accountjids", "alice@example.org"), "completed")
		w.expectState(state.Disabled, state.Admin)
		has(t, w.runs(laptop, "reconnect"), "<not-allowed")
		has(t, w.runs(queen, admin+"reenable-user", "accountjids", "alice@example.org"), "completed")
		if s := w.state(); s.State == state.Disabled {
			t.Errorf("still %v", s)
		}
		has(t, w.runs(queen, admin+"disable-user", "accountjids", "nobody@example.org"), "no such registration")
		has(t, w.runs(queen, admin+"disable-user", "accountjids", ""), "not registered")
	})
}

// What the name looks like is said in each form that asks for it (XEP-0122), and refuses nothing by itself.
func TestTheFormSaysWhatANameLooksLike(t *testing.T) {
	play(t, func(w *world) {
		const validate = `<validate xmlns="http://jabber.org/protocol/xdata-validate" datatype="xs:string"><regex> *([A-Za-z0-9.@-] *)+</regex></validate>`
		w.asks("get", domain, "<query xmlns='jabber:iq:register'/>")
		w.hears(`var="username" & ` + validate)
		has(t, w.runs(laptop, "register"), `var="username"`, validate)
		has(t, w.runs(laptop, "register", "username", "no_name", "password", "pw"), `type="error"`, "a loopback name has")
	})
}

func TestActionsThatNoCommandHas(t *testing.T) {
	play(t, func(w *world) {
		for action, want := range map[string]string{
			"dance": "<bad-request", "prev": "<bad-request", "cancel": `status="canceled"`,
			"execute": `status="executing"`, "next": `status="executing"`, "complete": `status="executing"`,
		} {
			w.asks("set", domain, "<command xmlns='http://jabber.org/protocol/commands' node='register' action='"+action+"'/>")
			w.hears(`id="q" & ` + want)
		}
	})
}

func TestSearchAndPrivacyByCommand(t *testing.T) {
	play(t, func(w *world) {
		has(t, w.runs(laptop, "search"), "<registration-required")
		w.online()
		has(t, w.runs(laptop, "search"), `var="nick"`, `status="executing"`)
		has(t, w.runs(laptop, "search", "name", "echo"), "echobot@aim.example.org", `status="completed"`)
		has(t, w.runs(laptop, "search", "name", ""), "<not-acceptable")
		has(t, w.runs(laptop, "privacy"), `<value>contacts</value>`)
		has(t, w.runs(laptop, "privacy", "mode", "contacts"), "completed")
		if mode, _ := w.server.Privacy("aliceliddell"); mode != transports.AllowContacts {
			t.Errorf("the network knows %v", mode)
		}
		has(t, w.runs(laptop, "privacy", "mode", "anarchy"), "<not-acceptable")
	})
}

func TestBlocking(t *testing.T) {
	play(t, func(w *world) {
		w.asks("get", domain, "<blocklist xmlns='urn:xmpp:blocking'/>")
		w.hears("<registration-required")
		w.server.Account("hatter", "pw")
		w.online()
		w.asks("get", domain, "<blocklist xmlns='urn:xmpp:blocking'/>")
		w.hears(`<blocklist xmlns="urn:xmpp:blocking"/>`)
		change := func(what, items string) {
			w.asks("set", domain, "<"+what+" xmlns='urn:xmpp:blocking'>"+items+"</"+what+">")
			w.after(0)
		}
		change("block", "<item jid='echobot@aim.example.org'/><item jid='hatter@aim.example.org'/>")
		w.hears(`type="result" & id="q"`, `type="set" & <block xmlns="urn:xmpp:blocking"><item jid="echobot@aim.example.org"/>`)
		if _, blocked := w.server.Privacy("aliceliddell"); len(blocked) != 2 {
			t.Errorf("the network blocks %v", blocked)
		}
		w.asks("get", domain, "<blocklist xmlns='urn:xmpp:blocking'/>")
		w.hears(`<item jid="echobot@aim.example.org"/> & <item jid="hatter@aim.example.org"/>`)
		change("unblock", "<item jid='hatter@aim.example.org'/>")
		w.hears(`type="result"`, `<unblock xmlns="urn:xmpp:blocking"><item jid="hatter@aim.example.org"/>`)
		change("unblock", "")
		if _, blocked := w.server.Privacy("aliceliddell"); len(blocked) != 0 {
			t.Errorf("the network blocks %v", blocked)
		}
		change("block", "")
		w.hears("<bad-request")
		change("block", "<item jid='romeo@example.org'/>")
		w.hears("<not-acceptable")
		change("block", strings.Repeat("<item jid='x@aim.example.org'/>", 101))
		w.hears("<resource-constraint")
	})
}
