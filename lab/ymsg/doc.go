// Package ymsg is a small Yahoo! Messenger server for the lab: the pager server of versions 9 and 10, with accounts, lists,
// presence, messages kept for those who are away, conferences, and bots that answer. It says what the Escargot server
// was seen to say, byte for byte where talks show it, but for that server's defects, which are Options.
package ymsg
