package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"imgate/lab"
)

// runLimited lets registrations sign on after a kill -9 at a server that limits sign-ons per address as a real one
// does (ten, then one a minute, forgotten a minute after the first), with imgate's default budget.
func runLimited(ctx context.Context, o options, s *stub, dir string) error {
	legacy, err := startLab(ctx, o, lab.Options{})
	if err != nil {
		return err
	}
	err = store(o, s, dir)
	legacy.Close()
	if err != nil {
		return err
	}
	if legacy, err = startLab(ctx, o, lab.Options{Rates: true, Logins: true}); err != nil {
		return err
	}
	defer legacy.Close()
	g, err := prepare(o, s.place(), dir, byDefault)
	if err != nil {
		return err
	}
	p, err := g.start()
	if err != nil {
		return err
	}
	defer p.kill()
	n, err := s.accept()
	if err != nil {
		return err
	}
	q, err := queue(n, o.limited)
	if err != nil {
		return err
	}
	q.report(o.limited)
	return nil
}

// store registers everybody without limits, and kills the gateway.
func store(o options, s *stub, dir string) error {
	g, err := prepare(o, s.place(), dir, unlimited)
	if err != nil {
		return err
	}
	p, err := g.start()
	if err != nil {
		return err
	}
	defer p.kill()
	n, err := s.accept()
	if err != nil {
		return err
	}
	return register(n, 1, o.limited)
}

// A waiting is what users who wait for their turn are told, and what comes of it.
type waiting struct {
	began  time.Time
	turn   map[string]time.Time // when it is, as was told last
	online []time.Time
	off    []time.Duration // of each: how much later than told it was
	others map[string]int  // states other than trying and online
}

func queue(n *session, users int) (*waiting, error) {
	w := &waiting{began: time.Now(), turn: map[string]time.Time{}, others: map[string]int{}}
	for len(w.online) < users {
		e, err := n.next(2 * time.Minute)
		if err != nil {
			return nil, fmt.Errorf("%d of %d online: %w", len(w.online), users, err)
		}
		if e.Name.Local != "presence" {
			continue
		}
		if e.Attr("type") == "probe" {
			n.put("<presence from='%s/x' to='%s'/>", e.Attr("to"), domain)
			n.flush()
			continue
		}
		st := e.Child("zimbra:interop", "x").Child("zimbra:interop", "state")
		user, _, _ := strings.Cut(e.Attr("to"), "/")
		w.hears(user, st.Attr("value"), st.Attr("delay"), time.Now())
	}
	return w, nil
}

func (w *waiting) hears(user, state, delay string, now time.Time) {
	switch state {
	case "online":
		if turn, told := w.turn[user]; told {
			w.off = append(w.off, now.Sub(turn))
			delete(w.turn, user)
		}
		w.online = append(w.online, now)
	case "trying_to_connect":
		if ms, err := strconv.Atoi(delay); err == nil && ms > 0 {
			w.turn[user] = now.Add(time.Duration(ms) * time.Millisecond)
		}
	case "":
	default:
		w.others[state]++
	}
}

func (w *waiting) report(users int) {
	most := 0
	for i, t := range w.online {
		same := 0
		for _, later := range w.online[i:] {
			if later.Sub(t) < time.Minute {
				same++
			}
		}
		most = max(most, same)
	}
	took := w.online[len(w.online)-1].Sub(w.began)
	slices.Sort(w.off)
	fmt.Printf("%d registrations, 9 a minute      all online after %.1f s; the budget makes it %.1f s at best\n", users, took.Seconds(), float64(users-1)/9*60)
	fmt.Printf("most sign-ons in any minute      %d\n", most)
	if len(w.off) > 0 {
		fmt.Printf("told to wait                     %d; online %.1f s (median) after the time that was told, %.1f to %.1f s\n", len(w.off),
			w.off[len(w.off)/2].Seconds(), w.off[0].Seconds(), w.off[len(w.off)-1].Seconds())
	}
	fmt.Printf("other states                     %v\n", w.others)
	for _, n := range []int{1000, 10_000} {
		fmt.Printf("%6d would take                %.1f h\n", n, math.Round(float64(n-1)/9/60*10)/10)
	}
}
