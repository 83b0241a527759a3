package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"imgate/component/componenttest"
	"imgate/lab/oscar"
	"imgate/lab/world"
	"imgate/transports/oscar/wire"
)

// A wiretap stands between the gateway and the lab and keeps what really goes over the wire.
type wiretap struct {
	net.Listener
	mu    sync.Mutex
	bytes map[string]*bytes.Buffer // by direction and connection
	wait  sync.WaitGroup
}

func newWiretap(t *testing.T) *wiretap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wiretap{Listener: l, bytes: map[string]*bytes.Buffer{}}
	t.Cleanup(w.wait.Wait)
	t.Cleanup(func() { _ = l.Close() })
	return w
}

// pass connects whoever comes to address, until the listener is closed.
func (w *wiretap) pass(address string) {
	w.wait.Go(func() {
		for {
			near, err := w.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", address)
			if err != nil {
				_ = near.Close()
				continue
			}
			us, them := near.RemoteAddr().String(), near.LocalAddr().String()
			w.wait.Go(func() { w.copy(us+" "+them, far, near) })
			w.wait.Go(func() { w.copy(them+" "+us, near, far) })
		}
	})
}

func (w *wiretap) copy(name string, to, from net.Conn) {
	defer func() { _ = to.Close() }()
	w.mu.Lock()
	kept := &bytes.Buffer{}
	w.bytes[name] = kept
	w.mu.Unlock()
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		w.mu.Lock()
		kept.Write(buf[:n])
		w.mu.Unlock()
		if err != nil {
			return
		}
		if _, err := to.Write(buf[:n]); err != nil {
			return
		}
	}
}

func (w *wiretap) all() map[string][]byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string][]byte{}
	for name, b := range w.bytes {
		out[name] = bytes.Clone(b.Bytes())
	}
	return out
}

// secrets are the values of hash, key and cookie that went over the wire.
func (w *wiretap) secrets(t *testing.T) (list [][]byte) {
	t.Helper()
	for _, stream := range w.all() {
		frames := wire.NewFrameReader(bytes.NewReader(stream))
		for {
			f, err := frames.Next()
			if err != nil {
				break
			}
			list = append(list, secretsOf(f)...)
		}
	}
	return list
}

func secretsOf(f wire.Frame) (list [][]byte) {
	var tlvs wire.TLVs
	if hello, err := wire.Decode[wire.Hello](f.Data); err == nil && f.Channel == wire.SignOn {
		tlvs = hello.TLVs
	}
	if snac, err := wire.Decode[wire.SNAC](f.Data); err == nil && f.Channel == wire.Data && snac.Kind.Family() == wire.FamilyBUCP {
		tlvs, _ = wire.Decode[wire.TLVs](snac.Body) // the key's reply is none
		if key, err := wire.Decode[wire.LoginKey](snac.Body); err == nil && snac.Kind == wire.KeyReply {
			list = append(list, key.Key)
		}
	}
	for _, tag := range []uint16{wire.TagHash, wire.TagCookie, wire.TagRoasted} {
		if v, ok := tlvs.Get(tag); ok {
			list = append(list, v)
		}
	}
	return list
}

// A traced gateway, its users' server and its network.
type traced struct {
	config, dir string
	peer        *componenttest.Peer
	tap         *wiretap
	log         *lockedLog
}

type lockedLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newTraced(t *testing.T) *traced {
	t.Helper()
	w := &traced{dir: t.TempDir(), tap: newWiretap(t), log: &lockedLog{}}
	network := oscar.New(oscar.Options{Advertise: w.tap.Addr().String()})
	t.Cleanup(network.Close)
	address, err := network.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w.tap.pass(address.String())
	x, server := listens(t, componenttest.Prosody(), "aim.example.org")
	text := strings.NewReplacer("/tmp/x", filepath.Join(w.dir, "data"), "[::1]:5347", server,
		"login.example.net:5190", w.tap.Addr().String()).Replace(good)
	w.config = filepath.Join(w.dir, "c.toml")
	if err := os.WriteFile(w.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := readConfig(w.config, networks())
	if err != nil {
		t.Fatal(err)
	}
	s, err := newServer(c, slog.New(slog.NewTextHandler(w.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	w.peer = accepted(t, x)
	return w
}

// hears waits for a stanza of the gateway that has all the words.
func (w *traced) hears(t *testing.T, words ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		s, err := w.peer.Next(ctx)
		if err != nil {
			t.Fatalf("the gateway never says %q: %v", words, err)
		}
		raw, found := s.Element().String(), 0
		for _, word := range words {
			if strings.Contains(raw, word) {
				found++
			}
		}
		if found == len(words) {
			return
		}
	}
}

// follow traces until the answer is called, which gives what was shown.
func (w *traced) follow(t *testing.T, c traceCommand) (shown *lockedLog, end func() error) {
	t.Helper()
	p, err := placeOf(w.config)
	if err != nil {
		t.Fatal(err)
	}
	c.named = named{Config: w.config, JSON: c.JSON, User: "juliet@example.org", Service: "aim"}
	r, err := c.request("trace")
	if err != nil {
		t.Fatal(err)
	}
	shown = &lockedLog{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.follow(ctx, &output{shown, io.Discard}, p, r) }()
	waitFor(t, func() bool {
		return strings.Contains(shown.String(), "looking") || strings.Contains(shown.String(), `"begun"`)
	})
	return shown, func() error { cancel(); return <-done }
}

// waitFor polls what cannot be waited for.
func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
	}
}

const whispered = "a Message that 0nly two may read"

// A registration is traced from before it is there, by three who look, through chat to its end; nothing secret is in
// what is shown or written, while lengths and places in the stream are those of the wire.
func TestTraceShowsTheWireAndNoSecret(t *testing.T) {
	w := newTraced(t)
	file := filepath.Join(w.dir, "juliet.pcap")
	text, endText := w.follow(t, traceCommand{Pcap: file})
	lines, endLines := w.follow(t, traceCommand{named: named{JSON: true}})
	w.peer.Send("<presence from='juliet@example.org/x' to='aim.example.org'/>")
	w.peer.Send("<iq type='set' id='r1' from='juliet@example.org/x' to='aim.example.org'><query xmlns='jabber:iq:register'>" +
		"<username>alicewonder</username><password>" + world.Password + "</password></query></iq>")
	w.hears(t, "type='result'", "id='r1'")
	late, endLate := w.follow(t, traceCommand{})
	w.peer.Send("<message type='chat' id='m1' from='juliet@example.org/x' to='echobot@aim.example.org'><body>" + whispered + "</body></message>")
	w.hears(t, "<body>"+whispered)
	waitFor(t, func() bool {
		return strings.Contains(text.String(), "04/07 receive") && strings.Contains(late.String(), "04/07 receive")
	})
	w.peer.Send("<iq type='set' id='r2' from='juliet@example.org/x' to='aim.example.org'><query xmlns='jabber:iq:register'><remove/></query></iq>")
	w.hears(t, "type='result'", "id='r2'")
	waitFor(t, func() bool {
		return strings.Contains(text.String(), "#2 closed by us") && strings.Contains(lines.String(), `"kind":"closed","connection":2`)
	})
	for _, end := range []func() error{endText, endLines, endLate} {
		if err := end(); err != nil {
			t.Error(err)
		}
	}
	for _, want := range []string{
		"#1 opened to " + w.tap.Addr().String(), "SNAC 17/02 login", `01 name "alicewonder"`, "25 hash (16 bytes)", "06 cookie (256 bytes)",
		"sign-on, version 1, 06 cookie (256 bytes)", "SNAC 13/06 feedbag", `SNAC 04/06 send, request`, `to "echobot"`, "0 event(s) lost",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if !strings.Contains(late.String(), "juliet@example.org on aim is online") || !strings.Contains(late.String(), "#2 was open") || strings.Contains(late.String(), "17/02") {
		t.Errorf("who came later saw\n%s", late)
	}
	captured, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	w.holdsNothingSecret(t, map[string]string{
		"text": text.String(), "JSON": lines.String(), "late": late.String(), "file": string(captured), "log": w.log.String(),
	})
	w.holdsTheStream(t, captured)
	readByOthers(t, captured)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

// holdsNothingSecret looks for every secret in every spelling.
func (w *traced) holdsNothingSecret(t *testing.T, shown map[string]string) {
	t.Helper()
	sum := md5.Sum([]byte(world.Password))
	secrets := append(w.tap.secrets(t), []byte(world.Password), sum[:], wire.Roast([]byte(world.Password)), []byte(whispered), []byte(whispered[:16]))
	if len(secrets) < 5+4 { // key, hash, cookie from the login and to BOS
		t.Fatalf("only %d secrets went over the wire", len(secrets))
	}
	for where, all := range shown {
		for _, s := range secrets {
			for _, spelled := range []string{
				string(s), hex.EncodeToString(s), strings.ToUpper(hex.EncodeToString(s)), fmt.Sprintf("% x", s), fmt.Sprintf("% X", s),
				base64.StdEncoding.EncodeToString(s), strings.Trim(fmt.Sprintf("%q", s), `"`),
			} {
				if strings.Contains(all, spelled) {
					t.Errorf("%s holds the secret %.8q…, as %.12q…", where, s, spelled)
				}
			}
		}
	}
}

// holdsTheStream compares the file with what went over the wire: as long, and every byte as it was or hidden.
func (w *traced) holdsTheStream(t *testing.T, captured []byte) {
	t.Helper()
	got := streams(readCapture(t, captured))
	if len(got) != 4 { // two connections
		t.Fatalf("%d streams", len(got))
	}
	for name, real := range w.tap.all() {
		shown, same := got[name], 0
		if diff := len(shown) - len(real); diff > 16 || diff < -16 { // what goes while the other end closes is not read
			t.Errorf("%s: %d bytes shown of %d", name, len(shown), len(real))
			continue
		}
		shown = shown[:min(len(shown), len(real))]
		for i, b := range shown {
			switch {
			case b == real[i]:
				same++
			case b != 'x':
				t.Fatalf("%s: byte %d is %#x, was %#x", name, i, b, real[i])
			}
		}
		if same < len(shown)/10 {
			t.Errorf("%s: %d of %d bytes can be seen", name, same, len(shown))
		}
	}
}

func TestTraceRefusals(t *testing.T) {
	config, dir := household(t, "127.0.0.1:1")
	exists := filepath.Join(dir, "exists")
	if err := os.WriteFile(exists, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, config,
		expectation{"trace @ juliet@example.org aim", 1, "only a running gateway can be traced"},
		expectation{"trace @ example.org aim", 2, "like juliet@example.org"},
		expectation{"trace @ juliet@example.org aim --pcap " + exists, 2, "exists"},
	)
	c, err := readConfig(config, networks())
	if err != nil {
		t.Fatal(err)
	}
	s, err := newServer(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	expect(t, config, expectation{"trace @ juliet@example.org icq", 1, "no such service"})
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}
