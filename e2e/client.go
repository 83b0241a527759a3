package e2e

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"

	"imgate/xmltree"
)

// A Client is a slixmpp client that is logged in. It does nothing by itself. Its methods may be called from any
// goroutine.
type Client struct {
	driver *Driver
	name   string
	JID    string // full, as asked for

	mu    sync.Mutex
	heard []*xmltree.Element // what was received and not yet taken by Hear
	gone  bool
	more  chan struct{} // closed and made anew when something is heard
}

// Login connects to address ("host:port", no TLS) as jid, which has a resource that no other client of this
// driver has. plugins of slixmpp ("xep_0045") are those that the client has besides the usual ones.
func (d *Driver) Login(ctx context.Context, jid, password, address string, plugins ...string) (*Client, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	c := &Client{driver: d, name: jid, JID: jid, more: make(chan struct{})}
	d.mu.Lock()
	d.clients[jid] = c
	d.mu.Unlock()
	_, err = c.Do(ctx, "connect", Args{"jid": jid, "password": password, "host": host, "port": number, "plugins": plugins})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Do gives a command of driver.py and waits for its answer, which is nil where there is no stanza. The error is
// a *CommandError where a stanza error came back.
func (c *Client) Do(ctx context.Context, what string, args Args) (*xmltree.Element, error) {
	return c.driver.do(ctx, c.name, what, args)
}

// Send sends XML as it is.
func (c *Client) Send(ctx context.Context, xml string) error {
	_, err := c.Do(ctx, "send", Args{"xml": xml})
	return err
}

// Say sends a chat message.
func (c *Client) Say(ctx context.Context, to, body string) error {
	_, err := c.Do(ctx, "message", Args{"to": to, "body": body})
	return err
}

// IQ sends an iq of that type with a payload in XML, and gives the result.
func (c *Client) IQ(ctx context.Context, kind, to, payload string) (*xmltree.Element, error) {
	return c.Do(ctx, "iq", Args{"type": kind, "to": to, "xml": payload})
}

// Available sends available presence; to is empty for all.
func (c *Client) Available(ctx context.Context, to string) error {
	_, err := c.Do(ctx, "presence", Args{"to": to})
	return err
}

// Subscribe sends presence of a subscription type: subscribe, subscribed, unsubscribe, unsubscribed.
func (c *Client) Subscribe(ctx context.Context, to, kind string) error {
	_, err := c.Do(ctx, "subscribe", Args{"to": to, "type": kind})
	return err
}

// Plugin calls a method of a plugin; the result is nil where it is no stanza.
func (c *Client) Plugin(ctx context.Context, plugin, method string, args Args) (*xmltree.Element, error) {
	return c.Do(ctx, "plugin", Args{"plugin": plugin, "method": method, "args": args})
}

// Logout ends the session in good order.
func (c *Client) Logout(ctx context.Context) error {
	_, err := c.Do(ctx, "disconnect", nil)
	return err
}

// hear notes a report about this client.
func (c *Client) hear(a answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, err := a.result(); err == nil && e != nil {
		c.heard = append(c.heard, e)
	}
	c.gone = c.gone || a.Gone
	close(c.more)
	c.more = make(chan struct{})
}

// Hear waits for a stanza of which want is true, and takes it and all before it away, so that what is heard
// next came after it. Where ctx ends first the error lists what was heard instead.
func (c *Client) Hear(ctx context.Context, want func(*xmltree.Element) bool) (*xmltree.Element, error) {
	for {
		c.mu.Lock()
		i := slices.IndexFunc(c.heard, want)
		if i >= 0 {
			e := c.heard[i]
			c.heard = slices.Clone(c.heard[i+1:])
			c.mu.Unlock()
			return e, nil
		}
		more := c.more
		c.mu.Unlock()
		select {
		case <-more:
		case <-ctx.Done():
			return nil, fmt.Errorf("%s: %w; it heard:\n%s", c.JID, ctx.Err(), c.dump())
		}
	}
}

// Heard is how many stanzas were received, and not taken by Hear, of which want is true.
func (c *Client) Heard(want func(*xmltree.Element) bool) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, e := range c.heard {
		if want(e) {
			n++
		}
	}
	return n
}

// Gone reports whether the client's connection has ended.
func (c *Client) Gone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}

func (c *Client) dump() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	for _, e := range c.heard {
		b.WriteString(e.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// Message is a condition for Hear: a message from that address (or from a resource of it) with that body.
func Message(from, body string) func(*xmltree.Element) bool {
	return func(e *xmltree.Element) bool {
		return e.Name.Local == "message" && sentBy(e, from) && e.ChildText("jabber:client", "body") == body
	}
}

func sentBy(e *xmltree.Element, from string) bool {
	sender := e.Attr("from")
	return sender == from || strings.HasPrefix(sender, from+"/")
}
