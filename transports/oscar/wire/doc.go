// Package wire is the codec of OSCAR, the protocol of AIM and ICQ: bytes to values and back, for the client's
// and the server's side alike. It knows no connection, no clock and no log.
//
// Three layers lie in one another: a [Frame] (FLAP) carries a [SNAC] on channel 2, and a SNAC carries a body.
// Bodies are plain structs; [Encode] makes bytes of one and [Decode] reads one:
//
//	ack, err := wire.Decode[wire.HostAck](snac.Body)
//
// Decoders never read past their input, allocate no more than a small multiple of it, and overlook bytes that
// follow what they know. Encoders refuse what does not fit its length field. Byte slices in decoded values
// share memory with the input.
package wire
