//go:build screens

package e2e_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"imgate/e2e"
	"imgate/lab/xmppd"
)

var screens = flag.String("screens", "", "folder for pictures of the screen; empty: none are kept")

// TestPsi is a person at Psi+: finds the gateway in the service discovery, registers, authorises, takes the contacts,
// and answers a message. What comes of it is judged by the network, by the server and by the other user. It is not in
// CI: it clicks where buttons are, and those are where this version of Psi+ with these fonts has them.
func TestPsi(t *testing.T) {
	st := newStage(t, xmppd.Prosody)
	romeo := person(t, st, "romeo")
	romeo.register("bobwonder")
	romeo.chats("are you there")
	st.hasCard(t) // else Psi+ asks for one
	d := openDesktop(t)
	d.startPsi(st.server.C2S(), "juliet")

	// The password.
	d.window("Wrong Account Password")
	d.run("type", "capulet")
	d.run("key", "Return")
	roster := d.window(`Psi\+`)
	d.run("windowmove", roster, "20", "20")
	d.window("Useful Tips")
	d.shut("Useful Tips")
	st.loggedIn(t, "juliet@localhost/psi")

	// The service discovery, by the menu of the account.
	d.clickUntil(`Service Discovery`, func() {
		d.click(roster, 40, 99, "3")
		d.pause()
		d.run("key", "d")
	})
	discovery := d.window(`Service Discovery`)
	d.run("windowmove", discovery, "300", "20")
	d.pause()
	d.clickUntil(`AIM account`, func() {
		d.click(discovery, 100, 123, "1")
		d.pause()
		d.picture("1-discovery")
		d.click(discovery, 154, 15, "1")
	})
	form := d.window(`AIM account`)
	d.click(form, 125, 109, "1")
	d.run("type", "--delay", "20", "alicewonder")
	d.click(form, 125, 157, "1")
	d.run("type", "--delay", "20", "rabbit1")
	d.picture("2-registration")
	d.click(form, 130, 213, "1")
	if !st.signedOn("alicewonder") {
		t.Fatal("she is not signed on")
	}
	d.window("Success")
	d.run("key", "Return")
	d.shut("AIM account")
	d.shut("Service Discovery")

	// Whatever the gateway asks is answered with Add/Auth, until the contacts are in the roster.
	d.answers(roster, func() bool { return st.rosterHas(t, "echobot@aim.localhost") })
	if !st.rosterHas(t, "aim.localhost") {
		t.Error("the gateway is not in the roster")
	}

	romeo.sends("<message to='alicewonder@aim.localhost' type='chat'><body>But, soft! what light through yonder window breaks?</body></message>")
	d.answers(roster, func() bool { return d.find("bobwonder") != "" })
	d.window("bobwonder")
	d.pause()
	d.run("type", "--delay", "20", "Ay me!")
	d.picture("4-chat")
	d.run("key", "Return")
	romeo.hears(`from="alicewonder@aim.localhost/imgate" & Ay me!`)
	d.pause()
	d.picture("4-chat")
}

// answers opens what has come, and answers with Add/Auth what was asked, until there is no need.
func (d *desktop) answers(roster string, until func() bool) {
	d.t.Helper()
	line := 347
	if !within(2*patience, func() bool {
		if until() {
			return true
		}
		// Psi+ has the line "1 event received" now above its status and now below, from one start to the next.
		if line = 314 + 347 - line; d.find(events) == "" {
			d.click(roster, 70, line, "1", "--repeat", "2", "--delay", "100")
			d.pause()
			if d.find(events) == "" {
				d.click(roster, 150, 270, "1") // the menu of the status may have come instead; Escape would hide the window
			}
		}
		for range 2 { // what is told comes before what is asked
			id := d.find(events)
			if id == "" {
				break
			}
			if _, err := d.xdotool("windowactivate", "--sync", id); err != nil {
				break
			}
			if d.find(`^AIM$`) == id {
				d.picture("3-contacts") // the last that the gateway asks
			}
			d.run("key", "alt+a")
			d.pause()
			if d.find(events) == "" {
				break
			}
			d.run("key", "alt+n")
			d.pause()
		}
		d.shut(events)
		return false
	}) {
		d.picture("0-failed")
		d.t.Fatal("it is asked and answered without end")
	}
}

// events are the titles of windows in which Psi+ shows what came of the gateway and its contacts.
const events = `^(AIM|Echo Bot|Away Bot|Sleeper|Typist)$`

// hasCard gives Juliet a vCard.
func (s *stage) hasCard(t *testing.T) {
	t.Helper()
	c := s.observer(t)
	defer c.Close()
	if err := c.Send(soon(t), "<iq type='set' id='card'><vCard xmlns='vcard-temp'><FN>Juliet</FN></vCard></iq>"); err != nil {
		t.Fatal(err)
	}
	answerTo(t, c, "card")
}

// loggedIn waits until a client is there.
func (s *stage) loggedIn(t *testing.T, jid string) {
	t.Helper()
	c := s.observer(t)
	defer c.Close()
	if !s.Until(func() bool {
		if err := c.Send(soon(t), "<iq type='get' id='there' to='"+jid+"'><ping xmlns='urn:xmpp:ping'/></iq>"); err != nil {
			t.Fatal(err)
		}
		return strings.Contains(answerTo(t, c, "there"), `type='result'`)
	}) {
		t.Fatalf("%s does not come", jid)
	}
}

// rosterHas asks the server whether a contact is in Juliet's roster and is seen.
func (s *stage) rosterHas(t *testing.T, jid string) bool {
	t.Helper()
	c := s.observer(t)
	defer c.Close()
	if err := c.Send(soon(t), "<iq type='get' id='list'><query xmlns='jabber:iq:roster'/></iq>"); err != nil {
		t.Fatal(err)
	}
	for _, item := range strings.Split(answerTo(t, c, "list"), "<item ") {
		if strings.Contains(item, "jid='"+jid+"'") {
			return strings.Contains(item, "subscription='both'") || strings.Contains(item, "subscription='to'")
		}
	}
	return false
}

// observer is a client of Juliet's that is not available, and so changes nothing.
func (s *stage) observer(t *testing.T) *e2e.Plain {
	t.Helper()
	c, err := e2e.LoginPlain(soon(t), "juliet@localhost/observer", "capulet", s.server.C2S())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func answerTo(t *testing.T, c *e2e.Plain, id string) string {
	t.Helper()
	for {
		e, err := c.Next(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		if e.Attr("id") == id {
			return strings.ReplaceAll(e.String(), `"`, `'`)
		}
	}
}

// A desktop is a screen that nobody sees, with a window manager.
type desktop struct {
	t    *testing.T
	home string
	env  []string
}

// openDesktop starts Xvfb and openbox, which end with the test.
func openDesktop(t *testing.T) *desktop {
	t.Helper()
	d := &desktop{t: t, home: t.TempDir()}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	x := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", "840x720x24", "-nolisten", "tcp", "-fbdir", d.home)
	x.ExtraFiles = []*os.File{write}
	d.start(x)
	write.Close()
	var number string
	if _, err := fmt.Fscanln(read, &number); err != nil {
		t.Fatal(err)
	}
	d.env = append(os.Environ(), "DISPLAY=:"+number, "HOME="+d.home, "XDG_CONFIG_HOME="+filepath.Join(d.home, ".config"),
		"XDG_DATA_HOME="+filepath.Join(d.home, ".local"), "XDG_CACHE_HOME="+filepath.Join(d.home, ".cache"), "XDG_RUNTIME_DIR="+d.home, "LANG=C.UTF-8")
	d.start(exec.Command("openbox"))
	if !within(patience, func() bool { _, err := d.xdotool("get_num_desktops"); return err == nil }) {
		t.Fatal("openbox does not come up") // without it windows have no titles to be found by
	}
	return d
}

// start starts a program, which is ended with its children when the test ends.
func (d *desktop) start(c *exec.Cmd) {
	d.t.Helper()
	c.Env, c.Stdout, c.Stderr = d.env, nil, nil
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		needed(d.t, err)
	}
	d.t.Cleanup(func() {
		if err := syscall.Kill(-c.Process.Pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
			d.t.Error(err)
		}
		_ = c.Wait() // it was ended: it says so
	})
}

const psiAccount = `<!DOCTYPE accounts>
<accounts version="1.4" xmlns="http://psi-im.org/options"><accounts><m0>
<name type="QString">%[1]s</name><enabled type="bool">true</enabled><auto type="bool">true</auto>
<jid type="QString">%[1]s@localhost</jid><automatic-resource type="bool">false</automatic-resource><resource type="QString">psi</resource>
<use-host type="bool">true</use-host><host type="QString">%[2]s</host><port type="int">%[3]s</port>
<ssl type="QString">no</ssl><allow-plain type="QString">always</allow-plain>
</m0></accounts></accounts>
`

// startPsi starts Psi+ with an account at address ("host:port").
func (d *desktop) startPsi(address, name string) {
	d.t.Helper()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		d.t.Fatal(err)
	}
	profile := filepath.Join(d.home, ".config", "psi+", "profiles", "default")
	for _, err := range []error{
		os.MkdirAll(profile, 0o700),
		os.WriteFile(filepath.Join(profile, "accounts.xml"), fmt.Appendf(nil, psiAccount, name, host, port), 0o600),
	} {
		if err != nil {
			d.t.Fatal(err)
		}
	}
	d.start(exec.Command("dbus-run-session", "--", "psi-plus", "--profile=default"))
}

func (d *desktop) xdotool(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, "xdotool", args...)
	c.Env = d.env
	out, err := c.Output()
	return strings.TrimSpace(string(out)), err
}

func (d *desktop) run(args ...string) {
	d.t.Helper()
	if _, err := d.xdotool(args...); err != nil {
		d.t.Fatalf("xdotool %s: %v", args, err)
	}
}

// find gives the window whose title matches, or nothing.
func (d *desktop) find(title string) string {
	found, _ := d.xdotool("search", "--onlyvisible", "--name", title) // it fails where it finds none
	first, _, _ := strings.Cut(found, "\n")
	return first
}

// window waits for a window, and activates it.
func (d *desktop) window(title string) (id string) {
	d.t.Helper()
	if !within(patience, func() bool {
		if id = d.find(title); id == "" {
			return false
		}
		_, err := d.xdotool("windowactivate", "--sync", id)
		return err == nil // else the window manager does not have it yet
	}) {
		d.picture("0-failed")
		d.t.Fatalf("there is no window %q", title)
	}
	return id
}

func (d *desktop) shut(title string) {
	d.t.Helper()
	if id := d.find(title); id != "" {
		d.run("windowclose", id)
	}
}

// click clicks at a place in a window.
func (d *desktop) click(window string, x, y int, button string, how ...string) {
	d.t.Helper()
	d.run(append(append([]string{"mousemove", "--window", window, fmt.Sprint(x), fmt.Sprint(y), "click"}, how...), button)...)
}

// clickUntil does something again and again until there is a window.
func (d *desktop) clickUntil(title string, do func()) {
	d.t.Helper()
	if !within(patience, func() bool {
		do()
		return within(2*time.Second, func() bool { return d.find(title) != "" })
	}) {
		d.picture("0-failed")
		d.t.Fatalf("there is no window %q", title)
	}
}

// pause is what people need to see what they did; so do toolkits.
func (d *desktop) pause() { time.Sleep(700 * time.Millisecond) }
