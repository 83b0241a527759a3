#!/usr/bin/perl
# The story with XMLRPC::Lite, which sends bytes beyond ASCII as base64: text is to be encoded first. Usage: lite_client.pl URL
use strict;
use warnings;
use utf8;
use XMLRPC::Lite;

my $url = shift;
my $password = 'wrong-pw';
sub SOAP::Transport::HTTP::Client::get_basic_credentials { utf8::encode(my $p = $password); return ('web', $p); }

sub answer { my ($method, @args) = @_; return XMLRPC::Lite->proxy($url)->call($method, @args); }
sub good {
	my $a = answer(@_);
	die "$_[0]: " . $a->faultstring . "\n" if $a->fault;
	return $a->result;
}
sub same { my ($got, $want) = @_; die "$got, want $want\n" unless $got eq $want; }
sub fault {
	my ($code, @call) = @_;
	my $a = answer(@call);
	die "$call[0]: no fault\n" unless $a->fault;
	same($a->faultcode, $code);
}

fault(401, 'echothis', 'hello');
$password = 's3cret&ö';

my $bob = { user => 'bob', server => 'example.org' };
my $zoe = { user => 'zoe', server => 'example.org' };
my $bad = { user => 'b b', server => 'example.org' };
same(good('echothis', 'hello'), 'echoed: hello');
same(good('echothis', 12), 'echoed: 12');
my $roster = good('get_roster', $bob);
same(scalar @$roster, 3);
same(join(',', map { $roster->[1]{$_} } qw(jid group nick subscription pending)), 'ann@aim.example.org,Work,Ann & co,both,none');
fault(404, 'get_roster', $zoe);
fault(400, 'get_roster', $bad);
fault(501, 'get_roster', { user => 'shy', server => 'example.org' });
fault(-1, 'get_roster', { user => 'bob' });
my $seen = good('get_roster_with_presence', $bob);
same(join(',', map { $seen->[0]{$_} } qw(resource show status)), 'imgate,away,grüß Gott');
my $presence = good('get_presence', $bob);
same(join(',', map { $presence->{$_} } qw(jid show status)), 'bob@example.org/desk,dnd,не беспокоить');
fault(404, 'get_presence', $zoe);
same(join(',', @{ good('get_resources', $bob) }), 'desk,tv');
sub bytes { my $text = shift; utf8::encode($text); return $text; }
my %pair = (jid1 => 'bob@example.org', nick1 => bytes('Bób'), jid2 => 'eve@example.org', nick2 => bytes('Évé'));
same(good('link_contacts', {%pair}), 0);
same(good('get_roster', $bob)->[-1]{nick}, 'Évé');
same(good('unlink_contacts', { jid1 => $pair{jid1}, jid2 => $pair{jid2} }), 0);
same(good('link_contacts', { %pair, jid2 => 'zoe@example.org' }), 404);
same(good('link_contacts', { %pair, jid1 => 'a b@example.org' }), 400);
same(good('link_contacts', { %pair, jid2 => 'shy@example.org' }), 501);
my %send = (from => 'ann@aim.example.org', to => 'bob@example.org');
same(good('send_stanza', { %send, stanza => bytes("<message type='chat'><body>1 &lt; 2 &amp; ö</body></message>") }), 0);
same(good('send_stanza', { %send, stanza => '<message>' }), 400);
same(good('send_stanza', { %send, stanza => "<message from='shy\@example.org'/>" }), 403);
print "done\n";
