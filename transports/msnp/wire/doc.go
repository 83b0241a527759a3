// Package wire is the codec of MSNP, the protocol of MSN Messenger, in its dialects 8 to 12: commands and their framing,
// the bodies of messages (MIME), picture objects (msnobj), peer-to-peer packets and their SLP, the answers of the
// passport and offline-message services, challenges. It knows bytes and values only: no socket, no clock, no policy.
//
// Names follow the field: a command is a line of words, of which the second is mostly the TrID that joins an answer to
// its question; a payload follows where the last word is its length.
package wire
