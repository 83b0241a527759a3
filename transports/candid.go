package transports

// Candid is a Network that says what of it, with these settings, nobody has seen work with a real server. It is told to the
// operators who switched it on, by imgate probe.
type Candid interface {
	// Unproven gives a sentence for each; nil: all that is switched on was seen.
	Unproven(Settings) []string
}
