// Package adapters is what the doors have in common: the words in which one room of them refuses, so that another
// can choose what its own protocol says.
package adapters

import "errors"

// Errors of proving who a user is, at the XMPP server.
var (
	// ErrWrongPassword means that the server knows no such user with such a password; it does not say which.
	ErrWrongPassword = errors.New("wrong user name or password")
	// ErrInactive means that the server has the account and does not let it in.
	ErrInactive = errors.New("the account is not active")
	// ErrUnreachable means that nothing was proven: the server can't be reached, or can't answer now.
	ErrUnreachable = errors.New("the XMPP server can't be reached")
)
