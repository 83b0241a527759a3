// Package msnp is a small MSN server for trials, tests and benchmarks: notification server and switchboard of the dialects
// 8 to 12, the passport that gives tickets, and the store of offline messages. It has accounts and bots from the start,
// forgets everything at the end, and commits faults on demand. What it says is what Escargot was seen to say; besides, it
// challenges its clients and locks its store, as the old service did.
package msnp
