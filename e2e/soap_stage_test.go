package e2e_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"imgate/e2e"
	"imgate/lab"
	"imgate/lab/world"
	"imgate/lab/xmppd"
	"imgate/xmltree"
	"imgate/xmpp"
)

// A soapStage is a stage for web users, with a tap on each of the XMPP server's two ports.
type soapStage struct {
	*stage
	kind      xmppd.Kind
	dirs      string // the XMPP server's
	door      string // the address of the SOAP door
	password  string // juliet's
	desk      *e2e.Plain
	c2s, comp *tap
}

// A soapSetting is what differs between stages.
type soapSetting struct {
	kind     xmppd.Kind
	open     bool // no TLS between the gateway and the server
	extra    string
	global   string
	c2s      func(conn int, out bool, b []byte)
	comp     func(conn int, out bool, b []byte)
	settings [][2]string // replaced in the configuration
}

func newSoapStage(t *testing.T, set soapSetting) *soapStage {
	t.Helper()
	set.open = set.open || set.kind == xmppd.Jabberd2 // whose TLS is not for trials
	s := &soapStage{
		stage: &stage{t: t, dir: t.TempDir(), binary: binary(t), users: map[string]*user{}, log: &lockedBuffer{}},
		kind:  set.kind, dirs: t.TempDir(), password: "capulet",
	}
	server, err := xmppd.Start(t.Context(), xmppd.Config{
		Kind: set.kind, Dir: s.dirs, TLS: !set.open, Extra: set.extra, Global: set.global,
		Users: map[string]string{"juliet": "capulet", "romeo": "capulet"}, Components: map[string]string{serviceDomain: secret},
	})
	needed(t, err)
	s.server = server
	t.Cleanup(func() {
		if err := server.Stop(); err != nil {
			t.Error(err)
		}
	})
	if s.lab, err = lab.Start(context.Background(), lab.Options{Ports: lab.AnyPorts}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.lab.Close)
	s.c2s, s.comp = newTap(t, server.C2S(), set.c2s), newTap(t, server.Component(), set.comp)
	s.configure(t, set)
	s.startGateway()
	s.finds(t)
	t.Cleanup(s.leaveDesk)
	t.Cleanup(func() {
		if err := s.endGateway(false); err != nil {
			t.Error(err)
		}
		said := s.log.String()
		if t.Failed() {
			t.Logf("the gateway said:\n%s", said)
		}
		for _, word := range []string{world.Password, "capulet", "montague"} {
			if strings.Contains(said, word) {
				t.Errorf("the gateway's log has %q in it", word)
			}
		}
	})
	return s
}

// configure writes the gateway's configuration.
func (s *soapStage) configure(t *testing.T, set soapSetting) {
	t.Helper()
	key := filepath.Join(s.dir, "seal.key")
	if out, err := exec.Command(s.binary, "key", "new", key).CombinedOutput(); err != nil {
		t.Fatalf("key new: %v: %s", err, out)
	}
	text := written(setup{dir: s.dir, server: s.comp.address(), secret: secret, key: key, c2s: s.c2s.address(), service: "aim", lab: s.lab})
	change := append([][2]string{
		{`level = "info"`, `level = "debug"`}, {`link_grace = "30s"`, `link_grace = "1s"`},
		{"tls = \"off\"\n", "tls = \"off\"\nsession_idle = \"8s\"\n"},
	}, set.settings...)
	if !set.open {
		ca := filepath.Join(s.dir, "ca.pem")
		b := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.server.Certificate().Raw})
		if err := os.WriteFile(ca, b, 0o600); err != nil {
			t.Fatal(err)
		}
		change = append(change, [2]string{`tls = "off"`, fmt.Sprintf("tls = \"start\"\ntls_ca = %q", ca)})
	}
	for _, c := range change {
		if !strings.Contains(text, c[0]) {
			t.Fatalf("the configuration has no %s", c[0])
		}
		text = strings.Replace(text, c[0], c[1], 1)
	}
	if err := os.WriteFile(s.config(), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// finds the address of the door, which is another one after each start.
func (s *soapStage) finds(t *testing.T) {
	t.Helper()
	all := doorAddress.FindAllStringSubmatch(s.log.String(), -1)
	if len(all) == 0 {
		t.Fatalf("no web clients are served:\n%s", s.log)
	}
	s.door = all[len(all)-1][1]
}

// befall lets the lab commit a fault, by its control API.
func (s *soapStage) befall(t *testing.T, faults ...world.Fault) {
	t.Helper()
	for _, f := range faults {
		b, err := json.Marshal(map[string]any{"network": "aim", "account": "alicewonder", "fault": f})
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.Post("http://"+s.lab.Address(lab.Control)+"/fault", "application/json", bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		said, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", f, said)
		}
	}
}

// asJuliet does something with an XMPP client of hers that is not available, and gives the answer of an iq with the id
// q. It is one client throughout: jabberd2 loses its way when people come and go several times in a moment.
func (s *soapStage) asJuliet(t *testing.T, iq string) *xmltree.Element {
	t.Helper()
	if s.desk != nil {
		if e, err := s.byDesk(t, iq); err == nil {
			return e
		}
		s.leaveDesk()
	}
	var err error
	if s.desk, err = e2e.LoginPlain(soon(t), "juliet@localhost/desk", s.password, s.server.C2S()); err != nil {
		t.Fatal(err)
	}
	e, err := s.byDesk(t, iq)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (s *soapStage) byDesk(t *testing.T, iq string) (*xmltree.Element, error) {
	if err := s.desk.Send(soon(t), iq); err != nil {
		return nil, err
	}
	for {
		e, err := s.desk.Next(soon(t))
		if err != nil || e.Attr("id") == "q" && e.Attr("type") != "set" {
			return e, err
		}
	}
}

func (s *soapStage) leaveDesk() {
	if s.desk != nil {
		_ = s.desk.Close() // the server may be gone
		s.desk = nil
	}
}

// subscribed is what juliet's roster says of the gateway; empty: it is not there.
func (s *soapStage) subscribed(t *testing.T) string {
	t.Helper()
	e := s.asJuliet(t, `<iq type='get' id='q'><query xmlns='jabber:iq:roster'/></iq>`)
	for i := range e.Child(xmpp.RosterSpace, "query").ChildrenNamed(xmpp.RosterSpace, "item") {
		if i.Attr("jid") == serviceDomain {
			return i.Attr("subscription")
		}
	}
	return ""
}

// changePassword gives juliet another one at the XMPP server, as each kind lets an administrator or her do it.
func (s *soapStage) changePassword(t *testing.T, password string) {
	t.Helper()
	var err error
	switch s.kind {
	case xmppd.Prosody:
		account := fmt.Sprintf("return {\n\t[\"password\"] = %q;\n};\n", password)
		err = os.WriteFile(filepath.Join(s.dirs, "data", "localhost", "accounts", "juliet.dat"), []byte(account), 0o600)
	case xmppd.Ejabberd: // which makes its accounts anew from the list
		before := strings.Count(s.log.String(), "link up")
		defer func() {
			if !until(func() bool { return strings.Count(s.log.String(), "link up") > before }) {
				t.Error("the link does not come back")
			}
		}()
		if err = s.server.Stop(); err == nil {
			err = os.RemoveAll(filepath.Join(s.dirs, "mnesia"))
		}
		var bytes []string
		for _, b := range []byte(password) {
			bytes = append(bytes, fmt.Sprint(b))
		}
		if err == nil {
			users := `{<<"juliet">>,<<"localhost">>,<<` + strings.Join(bytes, ",") + ">>}.\n"
			err = os.WriteFile(filepath.Join(s.dirs, "users.term"), []byte(users), 0o600)
		}
		if err == nil {
			err = s.server.Restart(t.Context())
		}
	case xmppd.Jabberd2:
		s.asJuliet(t, `<iq type='set' id='q'><query xmlns='jabber:iq:register'><username>juliet</username><password>`+password+`</password></query></iq>`)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.password = password
	s.c2s.cut()
}

// until is Until with a longer patience, for what waits for a server's time-outs.
func until(condition func() bool) bool {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-tick.C {
		if condition() {
			return true
		}
	}
	return condition()
}
