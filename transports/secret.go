package transports

import "log/slog"

// A Secret is a password, cookie or ticket. However it is printed, logged or marshalled it shows as "***";
// Reveal is the one way to read it. The zero value is the empty secret.
type Secret struct{ plain string }

// NewSecret keeps plain.
func NewSecret(plain string) Secret { return Secret{plain} }

// Reveal gives the secret itself, for the wire and for the sealed registry only.
func (s Secret) Reveal() string { return s.plain }

// Empty reports whether there is none.
func (s Secret) Empty() bool { return s.plain == "" }

const masked = "***"

// String implements fmt.Stringer.
func (Secret) String() string { return masked }

// GoString implements fmt.GoStringer.
func (Secret) GoString() string { return masked }

// MarshalText implements encoding.TextMarshaler.
func (Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(masked) }
