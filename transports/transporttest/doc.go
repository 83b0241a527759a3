// Package transporttest is what the tests of every network share: the player and the recorder of wire
// transcripts ("talks").
//
// A talk is a readable file that holds both sides of a conversation. [Play] takes the server's part against a
// client under test, [PlayClient] the client's part against a server under test, and a [Recorder] writes new
// ones. The format is described in transports/oscar/testdata/README.md.
package transporttest
