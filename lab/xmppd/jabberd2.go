package xmppd

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"imgate/xmltree"
)

// routerSecret is what jabberd2's own parts prove to its router.
const routerSecret = "of-the-router"

// jabberd2 is three processes: the router, to which components connect, the session manager, and what clients
// connect to. The accounts are made by in-band registration (XEP-0077), since its database has a form of its own.
func jabberd2() ways {
	return ways{name: "jabberd2", lay: layJabberd2, settle: registerAll, processes: func(c *Config) ([]process, error) {
		var all []process
		for _, p := range []process{
			{args: []string{"router"}, ports: []int{c.Component}},
			{args: []string{"sm"}, says: "sm ready for sessions"},
			{args: []string{"c2s"}, ports: []int{c.C2S}},
		} {
			part := p.args[0]
			program := "/usr/sbin/jabberd2-" + part // Debian's place, which is not in everybody's PATH
			if _, err := os.Stat(program); err != nil || jabberd2Modules() == "" {
				return nil, missing("jabberd2")
			}
			p.args = []string{program, "-c", c.path(part + ".xml")}
			all = append(all, p)
		}
		return all, nil
	}}
}

// jabberd2Modules is the folder of its modules; empty where there is none.
func jabberd2Modules() string {
	found, _ := filepath.Glob("/usr/lib/*/jabberd2/mod_disco.so") // the pattern is right
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(found[0])
}

func layJabberd2(c *Config) error {
	if c.TLS || c.ComponentTLS || c.Privileges || c.Rooms || c.Upload || c.Extra != "" || c.Global != "" {
		return errors.New("jabberd2 has neither privileges, rooms nor uploads, and TLS and lines of Lua are not for it here")
	}
	secret := ""
	for _, s := range c.Components {
		if secret != "" && s != secret {
			return errors.New("jabberd2 has one secret for all components")
		}
		secret = s
	}
	if err := c.folders("db"); err != nil {
		return err
	}
	modules, db := escape(jabberd2Modules()), escape(c.path("db"))
	router := fmt.Sprintf("<router><ip>%s</ip><port>%d</port><user>jabberd</user><pass>%s</pass>"+
		"<retry><init>30</init><lost>30</lost><sleep>1</sleep></retry></router>", c.ip(), c.Component, routerSecret)
	return errors.Join(
		c.file("router-users.xml", "<users><user><name>jabberd</name><secret>"+routerSecret+"</secret></user></users>"),
		c.file("router-filter.xml", "<filter/>"),
		c.file("router.xml", fmt.Sprintf(jabberd2Router, c.ip(), c.Component, escape(c.path("router-users.xml")), secretLine(secret)+c.Pasted, escape(c.path("router-filter.xml")))),
		c.file("sm.xml", fmt.Sprintf(jabberd2SM, router, escape(c.Host), modules, db, modules, chains())),
		c.file("c2s.xml", fmt.Sprintf(jabberd2C2S, router, escape(c.Host), c.ip(), c.C2S, maxStanza, modules, db)),
	)
}

// secretLine is nothing where there are no components: the router then takes none.
func secretLine(secret string) string {
	if secret == "" {
		return ""
	}
	return "<secret>" + escape(secret) + "</secret>"
}

const jabberd2Router = `<router>
  <id>router</id>
  <log type='stdout'/>
  <local><ip>%s</ip><port>%d</port><users>%s</users>%s</local>
  <io><max_fds>1024</max_fds></io>
  <aci><acl type='all'><user>jabberd</user></acl><filter>%s</filter></aci>
</router>
`

const jabberd2SM = `<sm>
  <id>sm</id>
  %s
  <log type='stdout'/>
  <local><id>%s</id></local>
  <storage><path>%s</path><driver>db</driver><db><path>%s</path></db></storage>
  <modules>
    <path>%s</path>
%s  </modules>
  <discovery><identity><category>server</category><type>im</type><name>Jabber IM server</name></identity><agents/></discovery>
</sm>
`

const jabberd2C2S = `<c2s>
  <id>c2s</id>
  %s
  <log type='stdout'/>
  <local><id register-enable='true'>%s</id><ip>%s</ip><port>%d</port></local>
  <io><max_fds>1024</max_fds><limits><stanzasize>%d</stanzasize></limits></io>
  <authreg>
    <path>%s</path>
    <module>db</module>
    <mechanisms><traditional><plain/></traditional><sasl><plain/><digest-md5/></sasl></mechanisms>
    <db><path>%s</path></db>
  </authreg>
</c2s>
`

// chains are the modules of the session manager as Debian's file has them, in their order.
func chains() string {
	var b strings.Builder
	for _, line := range []string{
		"sess-start status",
		"sess-end status iq-last",
		"in-sess validate status privacy roster vacation iq-vcard iq-ping iq-private disco amp offline announce presence deliver",
		"in-router session validate presence privacy",
		"out-router privacy",
		"pkt-sm iq-last iq-ping iq-time iq-version amp disco announce help echo status presence",
		"pkt-user roster presence disco iq-vcard amp deliver vacation offline iq-last",
		"pkt-router session disco",
		"user-load active roster roster-publish privacy vacation",
		"user-create active template-roster",
		"user-delete active announce offline privacy roster vacation status iq-last iq-private iq-vcard",
		"disco-extend iq-version help",
	} {
		names := strings.Fields(line)
		fmt.Fprintf(&b, "    <chain id='%s'>", names[0])
		for _, name := range names[1:] {
			fmt.Fprintf(&b, "<module>%s</module>", name)
		}
		b.WriteString("</chain>\n")
	}
	return b.String()
}

const registerWithin = 30 * time.Second

// registerAll makes the accounts that are not there yet.
func registerAll(c *Config) error {
	for name, password := range c.Users {
		if err := register(c.address(c.C2S), c.Host, name, password); err != nil {
			return fmt.Errorf("register %s: %w", name, err)
		}
	}
	return nil
}

func register(address, host, name, password string) error {
	conn, err := net.DialTimeout("tcp", address, registerWithin)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(registerWithin)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(conn, "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='%s' version='1.0'>"+
		"<iq type='set' id='register'><query xmlns='jabber:iq:register'><username>%s</username><password>%s</password></query></iq>",
		escape(host), escape(name), escape(password))
	if err != nil {
		return err
	}
	reader := xmltree.NewReader(conn, xmltree.Limits{})
	if _, err := reader.Open(); err != nil {
		return err
	}
	for {
		e, err := reader.Next()
		switch {
		case err != nil:
			return err
		case e.Attr("id") != "register":
		case e.Attr("type") == "result", strings.Contains(e.String(), "<conflict"): // made now, or before
			return nil
		default:
			return fmt.Errorf("refused: %s", e.First())
		}
	}
}

// escape writes s as text of XML.
func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer never fails
	return b.String()
}
