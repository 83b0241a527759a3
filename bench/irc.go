package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
)

// serveIRC plays an IRC server at which everybody who is written to writes the same back, as the lab's echobot does
// (RFC 2812, as much as it takes).
func serveIRC(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go talkIRC(c)
		}
	}()
	return l, nil
}

// talkIRC serves a client until it is gone; answers are held back while more of its lines are there already.
func talkIRC(c net.Conn) {
	defer c.Close()
	r, w := bufio.NewReader(c), bufio.NewWriter(c)
	nick := "*"
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		command, rest, _ := strings.Cut(line, " ")
		first, _, _ := strings.Cut(rest, " ")
		switch command {
		case "NICK":
			nick = first
		case "USER":
			fmt.Fprintf(w, ":irc 001 %[1]s :welcome\r\n:irc 004 %[1]s irc 1 i n\r\n:irc 376 %[1]s :end\r\n", nick)
		case "PING":
			fmt.Fprintf(w, ":irc PONG irc %s\r\n", rest)
		case "PRIVMSG":
			_, said, _ := strings.Cut(rest, " :")
			fmt.Fprintf(w, ":%s!e@irc PRIVMSG %s :%s\r\n", first, nick, said)
		}
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
	}
}
