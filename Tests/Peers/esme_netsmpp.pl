#!/usr/bin/perl
# A client on Net::SMPP; esme_common.py tells what it takes and says. It sends whatever it is told, so two words more:
#     order {...}     method and args: any request of Net::SMPP; says ANSWER <json> with the response's fields. A key of
#                     args that is a number is a TLV's tag; values that begin with "0x" are octets
#     data {...}      as send, by data_sm
use strict;
use warnings;
use Encode ();
use Getopt::Long;
use IO::Select;
use JSON::PP;
use Net::SMPP;
use Socket qw(IPPROTO_TCP TCP_NODELAY);

my ($port, $bind, $system_id, $password, $tls) = (0, 'transceiver', 'tollgate', 'secret', '');
GetOptions('port=i' => \$port, 'bind=s' => \$bind, 'system-id=s' => \$system_id, 'password=s' => \$password,
  'tls=s' => \$tls) or die "usage: see esme_common.py\n";
$| = 1;
$SIG{PIPE} = 'IGNORE';

my %short = (transceiver => 'trx', transmitter => 'tx', receiver => 'rx');
my %account = (peer => "Net::SMPP $Net::SMPP::VERSION", binds => [], refused_binds => [], answers => [], texts => [],
  receipts => [], enquired => 0, errors => []);
my (%session, %source, %ordered, @pending, @held, $expected, $holding);
my ($window, $outstanding, $reference, $asked) = (10, 0, 0, 0);
my $json = JSON::PP->new->ascii->canonical;
my $select = IO::Select->new(\*STDIN);

sub add {
  my ($kind, $what) = @_;
  push @{ $account{$kind} }, $what;
  check();
}

sub check {
  return unless $expected;
  for my $kind (keys %$expected) { return if (ref $account{$kind} ? @{ $account{$kind} } : $account{$kind}) < $expected->{$kind} }
  undef $expected;
  print "DONE\n";
}

sub bind_all {
  for my $kind ($bind eq 'pair' ? ('transmitter', 'receiver') : ($bind)) {
    my $method = "bind_$kind";
    my $client = Net::SMPP->new_connect('127.0.0.1', port => $port, smpp_version => 0x34, system_id => $system_id,
      password => $password) or die "cannot connect: $!\n";
    setsockopt $client, IPPROTO_TCP, TCP_NODELAY, 1;
    my $answer = $client->$method(system_id => $system_id, password => $password, interface_version => 0x34);
    my $status = $answer ? $answer->{status} : -1;
    if ($status) {
      push @{ $account{refused_binds} }, $status;
      print "REFUSED $short{$kind} $status\n";
      next;
    }
    $session{$client} = { client => $client, kind => $kind };
    $select->add($client);
    push @{ $account{binds} }, $short{$kind};
    print "BOUND $short{$kind}\n";
  }
}

sub transmitter { (map { $_->{client} } grep { $_->{kind} ne 'receiver' } values %session)[0] }

sub octets {
  my ($text, $coding) = @_;
  return Encode::encode('UTF-16BE', $text) if $coding eq 'ucs2';
  return Encode::encode('iso-8859-1', $text) if $coding eq 'latin1';
  return Encode::encode('gsm0338', $text);
}

# The parts of a text: [octets, esm_class, TLVs] each, never cutting a character in two.
sub parts {
  my $order = shift;
  my $coding = $order->{coding};
  my $whole = octets($order->{text}, $coding);
  return [ $whole, 0, [] ] if $order->{long} eq 'none';
  return [ '', 0, [ message_payload => $whole ] ] if $order->{long} eq 'payload';
  my @chunks = ('');
  for my $character (split //, $order->{text}) {
    my $piece = octets($character, $coding);
    push @chunks, '' if length($chunks[-1]) + length($piece) > ($coding eq 'gsm' ? 153 : 134);
    $chunks[-1] .= $piece;
  }
  $reference = ($reference + 1) & 0xFF;
  my ($total, $n) = (scalar @chunks, 0);
  return map {
    $n++;
    $order->{long} eq 'sar'
      ? [ $_, 0, [ sar_msg_ref_num => pack('n', $reference), sar_total_segments => chr $total,
          sar_segment_seqnum => chr $n ] ]
      : [ pack('C6', 5, 0, 3, $reference, $total, $n) . $_, 0x40, [] ];
  } @chunks;
}

my %data_coding = (gsm => 0, latin1 => 3, ucs2 => 8);

sub send_text {
  my ($order, $method) = @_;
  my $client = transmitter();
  for my $part (parts($order)) {
    my ($octets, $esm_class, $tlvs) = @$part;
    my @text = $method eq 'data_sm'
      ? ($order->{long} eq 'payload' ? () : (message_payload => $octets)) : (short_message => $octets);
    my $seq = $client->$method(source_addr => $order->{from}, source_addr_ton => 1, source_addr_npi => 1,
      destination_addr => $order->{to}, dest_addr_ton => 1, dest_addr_npi => 1, esm_class => $esm_class,
      registered_delivery => $order->{receipt} ? 1 : 0, data_coding => $data_coding{ $order->{coding} }, async => 1,
      @text, @$tlvs);
    $source{"$client $seq"} = $order->{from};
    $outstanding++;
  }
}

sub pump { while (@pending && $outstanding < $window) { send_text(shift @pending, 'submit_sm') } }

# Any request: its answer is told with every field Net::SMPP read.
sub order {
  my $order = shift;
  my $method = $order->{method};
  my @args = map { my $value = $order->{args}{$_}; $value = pack 'H*', $1 if $value =~ /^0x(.*)/; ($_ => $value) }
    sort keys %{ $order->{args} };
  my $client = transmitter();
  $ordered{ "$client " . $client->$method(@args, async => 1) } = 1;
}

sub drop {
  my $client = shift;
  $select->remove($client);
  delete $session{$client};
  close $client;
}

sub received {
  my ($client, $pdu) = @_;
  my ($command, $key) = ($pdu->{cmd}, "$client $pdu->{seq}");
  if (delete $ordered{$key}) {
    my %fields = map { $_ => $pdu->{$_} } grep { !ref $pdu->{$_} && $_ ne 'data' && $_ !~ /^\d+$/ } keys %$pdu;
    print 'ANSWER ', $json->encode(\%fields), "\n";
  } elsif ($command == 0x80000004 || $command == 0x80000103 || $command == 0x80000000) {
    $outstanding--;
    my $id = $pdu->{message_id} // '';
    $id =~ s/\0.*//s;
    add(answers => { from => delete $source{$key} // '', message_id => $id, status => $pdu->{status} });
    pump();
  } elsif ($command == 0x05 || $command == 0x103) {
    delivered($client, $pdu);
  } elsif ($command == 0x15) {
    $account{enquired}++;
    check();
    $client->enquire_link_resp(seq => $pdu->{seq});
  } elsif ($command == 0x80000015) {
    print "ENQUIRED\n" unless --$asked;
  } elsif ($command == 0x06) {
    $client->unbind_resp(seq => $pdu->{seq});
    drop($client);
    print "UNBOUND BY PEER\n";
  } elsif ($command == 0x80000006) {
    drop($client);
    print "UNBOUND\n" unless %session;
  } elsif (!($command & 0x80000000)) {
    $client->generic_nack(seq => $pdu->{seq}, status => 0x03);
  }
}

sub delivered {
  my ($client, $pdu) = @_;
  my $octets = $pdu->{short_message} // '';
  $octets = $pdu->{message_payload} if !length $octets && defined $pdu->{message_payload};
  my %addresses = (from => $pdu->{source_addr}, to => $pdu->{destination_addr});
  if (($pdu->{esm_class} & 0x3C) == 0x04) {
    my ($id) = $octets =~ /id:(\S*)/i;
    my ($state) = $octets =~ /stat:(\S*)/i;
    add(receipts => { %addresses, message_id => $id // '', state => $state // '', text => $octets });
  } else {
    my $sar = undef;
    $sar = [ unpack('n', $pdu->{sar_msg_ref_num}), ord $pdu->{sar_total_segments}, ord $pdu->{sar_segment_seqnum} ]
      if defined $pdu->{sar_msg_ref_num};
    add(texts => { %addresses, octets => unpack('H*', $octets), data_coding => $pdu->{data_coding} + 0,
      esm_class => $pdu->{esm_class} + 0, sar => $sar });
  }
  my $answer = sub {
    $pdu->{cmd} == 0x05
      ? $client->deliver_sm_resp(message_id => '', seq => $pdu->{seq})
      : $client->data_sm_resp(message_id => '', seq => $pdu->{seq});
  };
  if ($holding) { push @held, $answer } else { $answer->() }
}

sub command {
  my $line = shift;
  my ($word, $rest) = $line =~ /^(\S+)\s*(.*)/ or return 1;
  my $order = $rest ? JSON::PP->new->utf8->decode($rest) : {};
  if ($word eq 'bind') { bind_all() }
  elsif ($word eq 'send') { send_text($order, 'submit_sm') }
  elsif ($word eq 'data') { send_text($order, 'data_sm') }
  elsif ($word eq 'order') { order($order) }
  elsif ($word eq 'flood') {
    my $first = $order->{first} // 0;
    push @pending, map { { from => '' . ($order->{from} + $_), to => $order->{to}, text => "Text $_", coding => 'gsm',
      long => 'none', receipt => $order->{receipt} // 1 } } $first .. $first + $order->{count} - 1;
    $window = $order->{window} // 10;
    pump();
  } elsif ($word eq 'enquire') { $asked = keys %session; $_->{client}->enquire_link(async => 1) for values %session }
  elsif ($word eq 'hold') { $holding = 1 }
  elsif ($word eq 'release') { $holding = 0; print 'RELEASED ', scalar @held, "\n"; $_->() for splice @held }
  elsif ($word eq 'expect') { $expected = $order; check() }
  elsif ($word eq 'unbind') { $_->{client}->unbind(async => 1) for values %session }
  else { return 0 }
  return 1;
}

my $input = '';
while (1) {
  for my $ready ($select->can_read) {
    if ($ready == \*STDIN) {
      my $count = sysread STDIN, $input, 65536, length $input;
      my $on = $count ? 1 : 0;
      while ($on && $input =~ s/^([^\n]*)\n//) { $on = command($1) }
      next if $on;
      print 'SUMMARY ', $json->encode(\%account), "\n";
      exit 0;
    }
    my $pdu = do { local $SIG{__WARN__} = sub { }; $ready->read_pdu };
    if ($pdu) { received($ready, $pdu) } else { push @{ $account{errors} }, 'connection lost'; drop($ready) }
  }
}
