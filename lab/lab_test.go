package lab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"imgate/lab/world"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, o Options) *Lab {
	t.Helper()
	l, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// call posts body to a path of the control API, or gets the path when body is empty.
func call(t *testing.T, l *Lab, path, body string) (int, string) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	url := "http://" + l.Address(Control) + path
	var resp *http.Response
	var err error
	if body == "" {
		resp, err = client.Get(url)
	} else {
		resp, err = client.Post(url, "application/json", strings.NewReader(body))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(bytes.TrimSpace(b))
}

func accounts(t *testing.T, l *Lab, path string) map[string]world.Account {
	t.Helper()
	_, body := call(t, l, path, "")
	var list []world.Account
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	m := map[string]world.Account{}
	for _, a := range list {
		m[a.Network+" "+a.Name] = a
	}
	return m
}

func TestAccountsAtTheStart(t *testing.T) {
	l := start(t, Options{Ports: AnyPorts})
	m := accounts(t, l, "/accounts")
	for name, on := range map[string]bool{
		"aim alicewonder": false, "aim bobwonder": false, "aim echobot": true, "aim awaybot": true, "aim typist": true, "aim sleeper": false,
		"msn alice@lab.example": false, "msn echobot@lab.example": true, "msn sleeper@lab.example": false,
		"icq 100001": false, "icq 100002": false, "icq 200001": true, "icq 200002": true, "icq 200003": true, "icq 200004": false,
	} {
		if a, ok := m[name]; !ok || a.SignedOn != on || on == a.Since.IsZero() {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if n := len(accounts(t, l, "/accounts?network=icq")); n != 6 {
		t.Errorf("%d ICQ accounts", n)
	}
}

func TestControl(t *testing.T) {
	l := start(t, Options{Ports: AnyPorts})
	for _, tt := range []struct {
		path, body string
		code       int
		want       string
	}{
		{"/accounts", `{"network":"aim","name":"carol","password":"pw"}`, 200, `"first":"carol"`},
		{"/accounts", `{"network":"aim","name":"Carol"}`, 409, "exists"},
		{"/accounts", `{"network":"aim","name":"bulk","count":500}`, 200, `"last":"bulk500"`},
		{"/accounts", `{"network":"icq","name":"300001","count":3}`, 200, `"last":"300003"`},
		{"/accounts", `{"network":"aim","name":"social","count":2,"contacts":8}`, 200, `"last":"social2"`},
		{"/accounts", `{"network":"icq","name":"400001","contacts":8}`, 200, `"last":"400001"`},
		{"/accounts", `{"network":"aim","name":"lots","contacts":100000}`, 400, "at most"},
		{"/accounts", `{"network":"icq","name":"carol"}`, 400, "not a name"},
		{"/accounts", `{"network":"aim","name":"x","count":1000000}`, 400, "at most"},
		{"/accounts", `{"network":"tlen","name":"x"}`, 400, "one of [aim icq msn"},
		{"/accounts", `{"network":"msn","name":"x"}`, 400, "not a name"},
		{"/accounts", `{"network":"msn","name":"carol@lab.example","count":3}`, 200, `"last":"carol3@lab.example"`},
		{"/accounts", `{"network":"msn","name":"social@lab.example","count":2,"contacts":8}`, 200, `"last":"social2@lab.example"`},
		{"/say", `{"network":"msn","from":"carol1@lab.example","to":"bob@lab.example","text":"grüß dich"}`, 200, "{}"},
		{"/presence", `{"network":"msn","name":"carol1@lab.example","show":"away","status":"lunch"}`, 200, "{}"},
		{"/fault", `{"network":"msn","account":"carol1@lab.example","fault":"suspended"}`, 200, "{}"},
		{"/fault", `{"network":"aim","account":"alicewonder","fault":"drop"}`, 200, "{}"},
		{"/fault", `{"network":"aim","fault":"throttle","times":3}`, 200, "{}"},
		{"/fault", `{"network":"aim","fault":"flood"}`, 400, "does not have"},
		{"/fault", `{"network":"aim","account":"nobodyhere","fault":"drop"}`, 404, "no such account"},
		{"/say", `{"network":"aim","from":"carol","to":"bobwonder","text":"grüß dich"}`, 200, "{}"},
		{"/say", `{"network":"aim","from":"carol","to":"nobodyhere","text":"x"}`, 404, "no such account"},
		{"/presence", `{"network":"aim","name":"carol","show":"away","status":"lunch"}`, 200, "{}"},
		{"/presence", `{"network":"aim","name":"carol","show":"asleep"}`, 400, "show is one of"},
		{"/restart", `{"network":"icq","down":"soon"}`, 400, "such as 5s"},
		{"/restart", `{"network":"icq","down":"1h"}`, 200, "{}"},
		{"/restart", `{"network":"icq","down":"1h"}`, 400, "is down"},
		{"/say", `{"network":"aim","form":"carol"}`, 400, "unknown field"},
		{"/say", `{`, 400, "read JSON"},
		{"/nothing", `{}`, 404, ""},
	} {
		code, body := call(t, l, tt.path, tt.body)
		if code != tt.code || !strings.Contains(body, tt.want) {
			t.Errorf("%s %s: %d %s", tt.path, tt.body, code, body)
		}
	}
	m := accounts(t, l, "/accounts")
	if !m["aim carol"].SignedOn || m["aim bulk77"].Name == "" {
		t.Errorf("carol %+v, bulk77 %+v", m["aim carol"], m["aim bulk77"])
	}
}

// TestPorts: with a base, each service has its place above it; a port that is taken is named.
func TestPorts(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	base := taken.Addr().(*net.TCPAddr).Port
	if _, err := Start(t.Context(), Options{Ports: base}); err == nil || !strings.Contains(err.Error(), fmt.Sprint(base)) {
		t.Errorf("got %v", err)
	}
	for _, o := range []struct {
		ports   int
		service string
		want    string
	}{
		{0, OSCAR, "127.0.0.1:5190"}, {0, Control, "127.0.0.1:8290"},
		{0, MSNP, "127.0.0.1:1863"}, {0, WebTLS, "127.0.0.1:8464"}, {7000, Board, "127.0.0.1:7002"}, {7000, Web, "127.0.0.1:7003"},
		{7000, OSCAR, "127.0.0.1:7000"}, {7000, Control, "127.0.0.1:7005"},
		{0, OSCARTLS, "127.0.0.1:5193"}, {7000, OSCARTLS, "127.0.0.1:7007"}, {AnyPorts, Control, "127.0.0.1:0"},
	} {
		if got := (Options{Listen: "127.0.0.1", Ports: o.ports}).place(o.service); got != o.want {
			t.Errorf("%d: %s, want %s", o.ports, got, o.want)
		}
	}
	for _, listen := range []string{"0.0.0.0", "192.0.2.1", "localhost"} {
		if _, err := Start(t.Context(), Options{Listen: listen, Ports: AnyPorts}); err == nil {
			t.Errorf("listens on %s", listen)
		}
	}
}
