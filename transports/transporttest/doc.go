// Package transporttest is what the tests of every network share: the laws, and the player and the recorder of wire
// transcripts ("talks").
//
// [Laws] holds a network to the contract of package transports, each power of its sessions included. A [Peer] is the
// server that it is tried with; one that is a [Doer] too lets what comes from others be judged.
//
// A talk is a readable file that holds both sides of a conversation. [Play] takes the server's part against a
// client under test, [PlayClient] the client's part against a server under test, and a [Recorder] writes new
// ones. The format is described in transports/oscar/testdata/README.md.
package transporttest
