#!/usr/bin/perl
# The story with Frontier::Client. Usage: frontier_client.pl URL
use strict;
use warnings;
use utf8;
use Frontier::Client;

my $url = shift;
sub door {
	my ($password) = @_;
	utf8::encode($password);
	my $c = Frontier::Client->new(url => $url, encoding => 'UTF-8');
	$c->{rq}->authorization_basic('web', $password);
	return $c;
}
my $d = door('wrong-pw');
sub text { return Frontier::RPC2::String->new(shift); }
sub same { my ($got, $want) = @_; die "$got, want $want\n" unless $got eq $want; }
sub good { my ($method, @args) = @_; return $d->call($method, @args); }
sub fault {
	my ($code, $method, @args) = @_;
	eval { $d->call($method, @args) };
	die "$method: $@, want fault $code\n" unless $@ =~ /Fault returned from XML RPC Server, fault code $code:/;
}

eval { good('echothis', text('hello')) };
die "a wrong password was taken: $@\n" unless $@ =~ /401/;
$d = door('s3cret&ö');

my $bob = { user => 'bob', server => 'example.org' };
my $zoe = { user => 'zoe', server => 'example.org' };
my $bad = { user => 'b b', server => 'example.org' };
same(good('echothis', text('hello')), 'echoed: hello');
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
my %pair = (jid1 => 'bob@example.org', nick1 => 'Bob', jid2 => 'eve@example.org', nick2 => 'Eve');
same(good('link_contacts', {%pair}), 0);
same(good('get_roster', $bob)->[-1]{nick}, 'Eve');
same(good('unlink_contacts', { jid1 => $pair{jid1}, jid2 => $pair{jid2} }), 0);
same(good('link_contacts', { %pair, jid2 => 'zoe@example.org' }), 404);
same(good('link_contacts', { %pair, jid1 => 'a b@example.org' }), 400);
same(good('link_contacts', { %pair, jid2 => 'shy@example.org' }), 501);
my %send = (from => 'ann@aim.example.org', to => 'bob@example.org');
same(good('send_stanza', { %send, stanza => "<message type='chat'><body>1 &lt; 2 &amp; 3</body></message>" }), 0);
same(good('send_stanza', { %send, stanza => '<message>' }), 400);
same(good('send_stanza', { %send, stanza => "<message from='shy\@example.org'/>" }), 403);
print "done\n";
