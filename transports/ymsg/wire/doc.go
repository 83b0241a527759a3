// Package wire is the codec of YMSG, the protocol of Yahoo! Messenger: packets, their fields, the contact list in
// parts, and the answers to the challenge of signing on. It knows no socket, no clock and no policy, and it
// imports nothing of imgate.
//
// Sources: libyahoo2's description of version 9 (doc/ymsg-9.txt), what libpurple's and libyahoo2's sources tell of
// services and fields, and what the Escargot server was seen to do.
package wire
