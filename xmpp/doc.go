// Package xmpp is the vocabulary of XMPP: addresses (RFC 7622, XEP-0106), the three kinds of stanzas (RFC 6120,
// RFC 6121), their errors (with the numeric codes of XEP-0086) and the payloads that a gateway reads and
// writes. It does no I/O.
//
// In every tree of this package the names of stanzas are in ClientSpace: Parse takes jabber:component:accept
// for the same (a server may send both on one stream), and a link writes stanzas without a declaration, so that
// they are in the namespace of its stream.
package xmpp
