package transporttest

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func parse(t *testing.T, text string) *Talk {
	t.Helper()
	talk, err := ParseTalk(strings.NewReader(origin + text))
	if err != nil {
		t.Fatal(err)
	}
	return talk
}

// quiet is a testing.TB whose failures the test itself looks at.
type quiet struct{ testing.TB }

func (quiet) Errorf(string, ...any) {}

const redirect = `connection 1
S: 01 <key:4=41424344>
C: 02 <seq:2=0001> <key> 00
S: "to " <bos:*="bos:5190"> "\r\n" <cookie:2=AAAA>
S: close
connection 2 <bos>
C: <cookie> <seq+1>
S: <seq> FF
C: close
`

// client talks as redirect says, beginning its sequence at 0xFFFF; spoil changes what it says.
func client(dial func(context.Context, string) (net.Conn, error), spoil func(string) string) error {
	a, err := dial(context.Background(), "login:1")
	if err != nil {
		return err
	}
	defer a.Close()
	hello := make([]byte, 5)
	if _, err = io.ReadFull(a, hello); err != nil {
		return err
	}
	if _, err = a.Write([]byte(spoil("\x02\xFF\xFF" + string(hello[1:]) + "\x00"))); err != nil {
		return err
	}
	rest, err := io.ReadAll(a)
	if err != nil {
		return err
	}
	address, cookie, _ := strings.Cut(strings.TrimPrefix(string(rest), "to "), "\r\n")
	b, err := dial(context.Background(), spoil(address))
	if err != nil {
		return err
	}
	defer b.Close()
	if _, err = b.Write([]byte(spoil(cookie + "\x00\x00"))); err != nil {
		return err
	}
	_, err = io.ReadFull(b, make([]byte, 3))
	return err
}

func TestPlayServer(t *testing.T) {
	same := func(s string) string { return s }
	for _, tt := range []struct {
		name  string
		spoil func(string) string
		want  string
	}{
		{"as written", same, ""},
		{"wrong byte", func(s string) string { return strings.Replace(s, "ABCD\x00", "ABCD\x01", 1) }, "line 4: C: part 4 of 4, 00: byte 0 is 01 instead of 00"},
		{"wrong capture", func(s string) string { return strings.Replace(s, "ABCD", "ABCE", 1) }, "<key>: byte 3 is 45 instead of 44"},
		{"wrong address", func(s string) string { return strings.Replace(s, "bos:", "boss:", 1) }, "dialled \"boss:5190\""},
		{"too much", func(s string) string { return strings.Replace(s, "\xAA\xAA\x00\x00", "\xAA\xAA\x00\x00!", 1) }, "the end was expected, and came 21"},
		{"sequence", func(s string) string { return strings.Replace(s, "\xAA\xAA\x00\x00", "\xAA\xAA\x00\x01", 1) }, "<seq+1>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := Play(quiet{t}, parse(t, redirect), Options{Settle: synctest.Wait})
				cerr := client(p.Dial, tt.spoil)
				err := p.Finish()
				if tt.want == "" && (err != nil || cerr != nil) {
					t.Errorf("player %v, client %v", err, cerr)
				}
				if tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
					t.Errorf("got %v, want …%s…", err, tt.want)
				}
			})
		})
	}
}

// TestPlayBoth lets the player of the client talk to the player of the server.
func TestPlayBoth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		talk := parse(t, redirect)
		p := Play(t, talk, Options{})
		if err := PlayClient(t.Context(), talk, p.Dial, Options{Settle: synctest.Wait}); err != nil {
			t.Error(err)
		}
		if err := p.Finish(); err != nil {
			t.Error(err)
		}
	})
}

func TestPlayLeftover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := Play(quiet{t}, parse(t, "connection 1\nC: 01\n"), Options{Settle: synctest.Wait})
		conn, _ := p.Dial(t.Context(), "x:1")
		conn.Write([]byte{1, 2})
		if err := p.Finish(); err == nil || !strings.Contains(err.Error(), "1 bytes left over: 02") {
			t.Errorf("got %v", err)
		}
		if _, err := p.Dial(t.Context(), "x:1"); err == nil {
			t.Error("a dial after the talk succeeded")
		}
	})
}

func TestPlayTooShort(t *testing.T) {
	for name, act := range map[string]func(p *Player){
		"hung up":   func(p *Player) { c, _ := p.Dial(context.Background(), "x:1"); c.Write([]byte{1}); c.Close() },
		"silent":    func(p *Player) { p.Dial(context.Background(), "x:1") },
		"never met": func(*Player) {},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := Play(quiet{t}, parse(t, "connection 1\nC: 0102\n"), Options{Patience: time.Hour})
				act(p)
				if err := p.Finish(); err == nil {
					t.Error("no error")
				}
			})
		})
	}
}

func TestPlayResetPauseAndWords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var words []string
		take := func(w string) error { words = append(words, w); return nil }
		p := Play(t, parse(t, "do a b\nconnection 1\npause 90s\nsee c\nS: reset\n"), Options{Do: take, See: take})
		begin := time.Now()
		conn, err := p.Dial(t.Context(), "x:1")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("got %v", err)
		}
		if d := time.Since(begin); d != 90*time.Second {
			t.Errorf("after %v", d)
		}
		<-p.Done()
		if got := strings.Join(words, ","); got != "a b,c" {
			t.Errorf("words %q", got)
		}
	})
}

// TestPlayValue: a capture that the test can compute is checked, not believed.
func TestPlayValue(t *testing.T) {
	talk := parse(t, "connection 1\nS: <key:1=05>\nC: <hash:1=0A>\n")
	twice := func(name string, bound map[string][]byte) []byte {
		if name != "hash" {
			return nil
		}
		return []byte{bound["key"][0] * 2}
	}
	for say, want := range map[byte]string{10: "", 11: "<hash> should be 0A and is 0B"} {
		synctest.Test(t, func(t *testing.T) {
			p := Play(quiet{t}, talk, Options{Value: twice})
			conn, _ := p.Dial(t.Context(), "x:1")
			conn.Read(make([]byte, 1))
			conn.Write([]byte{say})
			if err := p.Finish(); (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}
