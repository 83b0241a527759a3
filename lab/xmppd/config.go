// Package xmppd starts and stops a real XMPP server for trials and tests: Prosody, ejabberd or jabberd2, as
// child processes, on loopback only, with its data in one directory.
package xmppd

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// A Kind is a make of XMPP server. The zero Kind is Prosody.
type Kind uint8

// The kinds, named as their programs are, which are those of Debian 12.
const (
	Prosody  Kind = iota // 0.12
	Ejabberd             // 23.01
	Jabberd2             // 2.7
)

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{Prosody, Ejabberd, Jabberd2} }

// String is the name of the server.
func (k Kind) String() string { return k.ways().name }

// ways are what differs between the kinds.
type ways struct {
	name      string
	lay       func(*Config) error              // writes configuration and accounts
	processes func(*Config) ([]process, error) // in the order in which they start; ErrMissing
	settle    func(*Config) error              // what is done once when all of them are ready; may be nil
}

func (k Kind) ways() ways {
	switch k {
	case Ejabberd:
		return ejabberd()
	case Jabberd2:
		return jabberd2()
	default:
		return prosody()
	}
}

// A Config is what a server is started with. Dir is required; a zero field means its default.
type Config struct {
	Kind       Kind              // which server; default Prosody
	Dir        string            // its files, data included; made if it is not there
	Host       string            // the domain of the users; default "localhost"
	Users      map[string]string // password by name, which is a plain lower-case name
	Components map[string]string // secret by domain; jabberd2 has one secret for all
	C2S        int               // port for clients; default: a free one
	Component  int               // port for components (XEP-0114); default: a free one
	HTTP       int               // port for uploads; default: a free one
	Six        bool              // clients and components come to ::1 instead of 127.0.0.1

	TLS          bool // STARTTLS is offered to clients, with a certificate that Server.Certificate tells; not jabberd2
	ComponentTLS bool // components connect by TLS only, with that certificate; ejabberd only
	Privileges   bool // the components may read and set rosters and send for users (XEP-0356); not jabberd2
	Rooms        bool // chat rooms at "rooms." + Host (XEP-0045); not jabberd2
	Upload       bool // files by HTTP, from "upload." + Host (XEP-0363), also for the components; not jabberd2

	// Pasted are lines for a server's configuration, as "imgate hints" prints them. They are put where an
	// administrator would put them, and name the components; they and Component must fit.
	Pasted string

	Extra  string    // further lines of Lua for the host's section; Prosody only
	Global string    // further lines of Lua for all; Prosody only
	Log    io.Writer // what the server says; default: nothing
}

// ErrMissing means that the server, or a module of it, is not installed.
var ErrMissing = errors.New("the XMPP server is not installed")

func missing(debian string) error { return fmt.Errorf("%w (Debian package %s)", ErrMissing, debian) }

// maxStanza is what a client may send at once: more than the gateway takes, so that tests see the gateway refuse.
const maxStanza = 10_000_000

// ip is where clients and components come.
func (c *Config) ip() string {
	if c.Six {
		return "::1"
	}
	return "127.0.0.1"
}

func (c *Config) address(port int) string { return net.JoinHostPort(c.ip(), strconv.Itoa(port)) }

func (c *Config) rooms() string  { return "rooms." + c.Host }
func (c *Config) upload() string { return "upload." + c.Host }

// path is that of a file in the server's directory.
func (c *Config) path(name string) string { return filepath.Join(c.Dir, name) }

// folders makes directories in the server's own.
func (c *Config) folders(names ...string) error {
	for _, name := range names {
		if err := os.MkdirAll(c.path(name), 0o700); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) file(name, text string) error {
	return os.WriteFile(c.path(name), []byte(text), 0o600)
}
