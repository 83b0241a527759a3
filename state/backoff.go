package state

import (
	"time"

	"github.com/cenkalti/backoff/v4"
)

// series is the schedule of waits of one machine, without jitter.
func (c Config) series() *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(c.Initial),
		backoff.WithMultiplier(c.Factor),
		backoff.WithMaxInterval(c.Max),
		backoff.WithRandomizationFactor(0),
		backoff.WithMaxElapsedTime(0),
	)
}

// spread varies wait by ±Jitter and keeps it within the ceiling.
func (c Config) spread(wait time.Duration) time.Duration {
	varied := float64(wait) * (1 + c.Jitter*(2*c.Random()-1))
	return min(max(0, time.Duration(varied)), c.Max)
}

// soon is the wait before a first attempt.
func (c Config) soon() time.Duration {
	return time.Duration(c.Random() * float64(c.First))
}
