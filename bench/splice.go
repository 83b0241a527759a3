package main

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha1"
	"fmt"
	"net"
	"strings"
)

// splice is a component that sends every message back, turning from and to round by bytes: the least that any
// component does.
func splice(address, domain, secret string) error {
	r, w, err := attach(address, domain, secret)
	if err != nil {
		return err
	}
	return eachMessage(r, func(stanza []byte, more bool) error {
		from, to := attribute(stanza, " from='"), attribute(stanza, " to='")
		_, body, _ := bytes.Cut(stanza, []byte("<body>"))
		fmt.Fprintf(w, "<message from='%s' to='%s' type='chat'><body>%s", to, from, body)
		if more {
			return nil
		}
		return w.Flush()
	})
}

// attach connects a component and shakes hands.
func attach(address, domain, secret string) (*bufio.Reader, *bufio.Writer, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, nil, err
	}
	r := bufio.NewReaderSize(conn, 64<<10)
	w := bufio.NewWriterSize(conn, 64<<10)
	fmt.Fprintf(w, "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='%s'>", domain)
	if err := w.Flush(); err != nil {
		return nil, nil, err
	}
	header := ""
	for !strings.Contains(header, "<stream:stream") { // and what stands before it
		part, err := r.ReadString('>')
		if err != nil {
			return nil, nil, err
		}
		header += part
	}
	id := cmp.Or(attribute([]byte(header), " id='"), attribute([]byte(header), ` id="`))
	fmt.Fprintf(w, "<handshake>%x</handshake>", sha1.Sum([]byte(id+secret)))
	if err := w.Flush(); err != nil {
		return nil, nil, err
	}
	_, err = r.ReadString('>') // the handshake
	return r, w, err
}

// eachMessage gives every message to f, and whether more was read already, until f has an error or the server is gone: then
// the measurement is over.
func eachMessage(r *bufio.Reader, f func(stanza []byte, more bool) error) error {
	var stanza []byte
	end := []byte("</message>")
	for {
		part, err := r.ReadSlice('>')
		if err != nil {
			return nil
		}
		stanza = append(stanza, part...)
		if !bytes.HasSuffix(stanza, end) {
			continue
		}
		stanza = stanza[max(bytes.LastIndex(stanza, []byte("<message")), 0):] // without what came before it and is no message
		if err := f(stanza, r.Buffered() > 0); err != nil {
			return err
		}
		stanza = stanza[:0]
	}
}
