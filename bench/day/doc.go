// Package day holds a test only: a day of a gateway with ten thousand registrations, under fake time, with the
// real account loops, gate, guard and registry.
package day
