// Package oscar is a small server of AIM and ICQ for tests, trials and benchmarks. It behaves as Open OSCAR
// Server does on the wire where imgate can tell the difference, forgets everything when it is closed, and
// commits faults on demand.
//
// It speaks BUCP and FLAP login, and of the services what a session on BOS needs: families 01, 02, 03, 04, 09
// and 13. Of ICQ's database (15) it has stored messages, details and search. It has no rooms, no pictures and no directory of
// AIM's. Everything that is not there is answered as the real server answers what it does not know.
//
// One mutex guards the whole world: handlers only compute and put frames into queues, none of them waits. A
// connection costs one goroutine, which reads; a second one lives only while there is something to write.
package oscar
