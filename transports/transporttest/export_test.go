package transporttest

import (
	"testing"
	"testing/synctest"
	"time"
)

// Judge holds a network to the laws that any session shows, and gives the verdict to court instead of t.
func Judge(t *testing.T, court testing.TB, h Harness) {
	tried := []func(testing.TB, Harness){order, doneOnce, storedLaw, keptLaw}
	for _, law := range powerLaws {
		tried = append(tried, law.law)
	}
	for _, law := range tried {
		synctest.Test(t, func(*testing.T) {
			law(court, h)
			time.Sleep(time.Hour) // of fake time, in which what was left behind ends
		})
	}
}
