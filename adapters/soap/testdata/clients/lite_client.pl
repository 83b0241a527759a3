#!/usr/bin/perl
# The story with SOAP::Lite, without a WSDL. Usage: lite_client.pl 11 URL
use strict;
use warnings;
use SOAP::Lite;

my ($version, $url) = @ARGV;
my ($token, $session, $seq, @heard) = ('', '', 0);
my $soap = SOAP::Lite->proxy($url)->autotype(0);
$soap->on_fault(sub { $_[1] });

sub element {
	my ($name, $attrs, $value) = @_;
	my $e = SOAP::Data->name($name)->attr($attrs);
	return defined $value ? $e->value($value) : $e;
}

sub ask {
	my ($space, $name, $attrs, @children) = @_;
	my @parts;
	push @parts, element('authToken', {}, $token) if $token;
	push @parts, element('session', $session ? { id => $session } : {}, $session ? $session : '');
	push @parts, element('notify', { seq => $seq }, '');
	my $header = SOAP::Header->name('context')->attr({ xmlns => 'urn:zimbra' })->value(\SOAP::Data->value(@parts));
	my $answer = $soap->call(element($name, { xmlns => $space, %$attrs }), @children, $header);
	die "no answer to $name\n" unless ref $answer;
	$session = $answer->valueof('//Header/context/session') || $session;
	for my $notify ($answer->dataof('//Header/context/notify')) {
		$seq = $notify->attr->{seq} if $notify->attr->{seq} > $seq;
	}
	for my $n ($answer->dataof('//Header/context/notify/im/n')) {
		push @heard, join ' ', map { $n->attr->{$_} // '' } qw(type service state);
	}
	return $answer;
}

sub refused {
	my ($code, @rest) = @_;
	my $answer = ask(@rest);
	die "not refused: $code\n" unless $answer->fault;
	die "a fault without its text\n" unless $answer->faultstring && $answer->faultcode =~ /Client/;
	my $got = $answer->valueof('//Fault/detail/Error/Code');
	die "$got, want $code\n" unless $got eq $code;
}

sub good {
	my $answer = ask(@_);
	die "$_[1]: " . $answer->faultstring . "\n" if $answer->fault;
	return $answer;
}

my @list = ('urn:zimbraIM', 'IMGatewayListRequest', {});
sub auth { return ('urn:zimbraAccount', 'AuthRequest', {}, element('account', { by => 'name' }, 'alice@example.org'), element('password', {}, $_[0])->type('string')); }
sub gateway { my ($op, %more) = @_; return good('urn:zimbraIM', 'IMGatewayRegisterRequest', { op => $op, service => 'AIM', %more })->dataof('//IMGatewayRegisterResponse')->attr->{result}; }

sub aim {
	my $answer = good(@list);
	my ($aim) = grep { $_->attr->{name} eq 'aim' } $answer->dataof('//IMGatewayListResponse/service');
	die "aim is not listed\n" unless $aim && $aim->attr->{domain} eq 'aim.example.org';
	my ($reg) = $answer->dataof('//IMGatewayListResponse/service/registration');
	return $reg ? $reg->attr->{state} : '';
}

refused('account.AUTH_FAILED', auth('wrong-pw'));
refused('service.AUTH_REQUIRED', @list);
$token = 'garbled';
refused('service.AUTH_REQUIRED', @list);
$token = $ENV{EXPIRED};
refused('service.AUTH_EXPIRED', @list);
$token = '';
my $answer = good(auth(' s3cret&'));
$token = $answer->valueof('//AuthResponse/authToken');
die "no lifetime\n" unless $answer->valueof('//AuthResponse/lifetime') > 0;
die "no session\n" unless $session && $answer->valueof('//AuthResponse/session') eq $session;

die "registered before\n" if aim();
die "reg\n" unless gateway('reg', name => 'Alice Liddell', password => 'pw') eq '1';
for (1 .. 10) {
	last if grep { $_ eq 'gwStatus aim online' } @heard;
	good('urn:zimbraMail', 'NoOpRequest', { wait => 1, timeout => 30000 });
}
die "heard only: @heard\n" unless grep { $_ eq 'gwStatus aim online' } @heard;
die "not online\n" unless aim() eq 'online';
die "reconnect\n" unless gateway('reconnect') eq '1';
die "unreg\n" unless gateway('unreg') eq '1';
die "unreg twice\n" unless gateway('unreg') eq '0';
die "still registered\n" if aim();
good('urn:zimbraAccount', 'EndSessionRequest', {});
print "done\n";
