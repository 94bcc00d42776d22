#!/usr/bin/perl
# A carrier on Net::SMPP, with the interface of smsc_common.py. Ids have letters, digits and hyphens; receipts carry
# receipted_message_id in the TLV and the same id in their text.
use strict;
use warnings;
use Encode ();
use Getopt::Long;
use IO::Select;
use JSON::PP;
use Net::SMPP;
use POSIX qw(strftime);
use Socket qw(IPPROTO_TCP TCP_NODELAY);

my ($port, $system_id, $password, $expect, $no_answers, $no_receipts) = (0, 'tollgate', 'secret', 0, 0, 0);
GetOptions('port=i' => \$port, 'system-id=s' => \$system_id, 'password=s' => \$password, 'expect=i' => \$expect,
  'no-answers' => \$no_answers, 'no-receipts' => \$no_receipts) or die "usage: see smsc_common.py\n";
$| = 1;

use constant CARRIER_WINDOW => 10;    # deliver_sm awaiting their answer at a time

my %account = (peer => "Net::SMPP $Net::SMPP::VERSION", binds => [], submits => [], receipts_sent => 0,
  receipts_acknowledged => 0, answers_sent => 0, answers_acknowledged => 0, refused => 0, unbinds => 0, errors => [],
  texts_sent => 0, texts_acknowledged => 0);
my (%session, @queue, %in_flight, $told, $stop, $expected, $holding, @held);
my ($input, $reference, $asked) = ('', 0, 0);
$SIG{TERM} = $SIG{INT} = sub { $stop = 1 };
$SIG{PIPE} = 'IGNORE';

my $listener = Net::SMPP->new_listen('127.0.0.1', port => $port, smpp_version => 0x34, async => 1)
  or die "cannot listen: $!\n";
my $select = IO::Select->new($listener, \*STDIN);
print 'LISTENING ', $listener->sockport, "\n";

sub count {
  $account{ $_[0] }++;
  my $done = $account{ $no_answers ? 'receipts_acknowledged' : 'answers_acknowledged' };
  if ($expect && !$told && $done >= $expect) { $told = 1; print "DONE\n" }
  check();
}

sub check {
  return unless $expected;
  for my $kind (keys %$expected) {
    return if (ref $account{$kind} ? @{ $account{$kind} } : $account{$kind}) < $expected->{$kind};
  }
  undef $expected;
  print "DONE\n";
}

sub drop {
  my $client = shift;
  $select->remove($client);
  delete $session{$client};
  delete $in_flight{$_} for grep { $in_flight{$_}{client} == $client } keys %in_flight;
  close $client;
}

# Text of Appendix B.
sub receipt_text {
  my ($id, $octets) = @_;
  my $now = strftime('%y%m%d%H%M', gmtime);
  (my $quoted = substr $octets, 0, 20) =~ s/[^ -~]/?/g;
  return "id:$id sub:001 dlvrd:001 submit date:$now done date:$now stat:DELIVRD err:000 text:$quoted";
}

# Whether this is a message of one part, or the last part of a long one; and its text without the header.
sub unwrap {
  my ($octets, $esm_class) = @_;
  return (1, $octets) unless $esm_class & 0x40 && length $octets;
  my $length = ord $octets;
  my ($header, $rest, $last) = (substr($octets, 1, $length), substr($octets, 1 + $length), 1);
  while (length $header >= 2) {
    my ($element, $size) = unpack 'CC', $header;
    my @value = unpack 'C*', substr $header, 2, $size;
    $last = $value[-2] == $value[-1] if ($element == 0 || $element == 8) && @value >= 3;
    $header = substr $header, 2 + $size;
  }
  return ($last, $rest);
}

sub pump {
  my ($client) = map { $_->{client} } grep { $_->{kind} ne 'tx' } values %session or return;
  while (@queue && keys %in_flight < CARRIER_WINDOW) {
    my $item = shift @queue;
    my $submit = $item->{submit};
    my $seq = $client->deliver_sm(
      source_addr => $submit->{destination_addr}, source_addr_ton => $submit->{dest_addr_ton},
      source_addr_npi => $submit->{dest_addr_npi}, destination_addr => $submit->{source_addr},
      dest_addr_ton => $submit->{source_addr_ton}, dest_addr_npi => $submit->{source_addr_npi},
      data_coding => $item->{data_coding} // 0, short_message => $item->{text}, esm_class => $item->{esm_class}, async => 1, @{ $item->{tlvs} });
    $in_flight{"$client $seq"} = { %$item, client => $client };
    count("$item->{what}_sent");
  }
}

my %kinds = (0x09 => 'trx', 0x02 => 'tx', 0x01 => 'rx');
my %bind_answer = (0x09 => 'bind_transceiver_resp', 0x02 => 'bind_transmitter_resp', 0x01 => 'bind_receiver_resp');

sub received {
  my ($client, $pdu) = @_;
  my $command = $pdu->{cmd};
  if (my $kind = $kinds{$command}) {
    my $method = $bind_answer{$command};
    my $status = $pdu->{system_id} ne $system_id ? 0x0F : $pdu->{password} ne $password ? 0x0E : 0;
    $client->$method(system_id => 'netsmpp', seq => $pdu->{seq}, status => $status);
    if ($status) { print "REFUSED $status\n"; return }
    $session{$client} = { client => $client, kind => $kind };
    push @{ $account{binds} }, $kind;
    print "BOUND $kind\n";
  } elsif ($command == 0x15) {
    $client->enquire_link_resp(seq => $pdu->{seq});
  } elsif ($command == 0x06) {
    $client->unbind_resp(seq => $pdu->{seq});
    $account{unbinds}++;
    drop($client);
  } elsif ($command == 0x04) {
    submitted($client, $pdu);
  } elsif ($command == 0x80000015) {
    print "ENQUIRED\n" unless --$asked;
  } elsif ($command == 0x80000006) {
    drop($client);
    print "UNBOUND\n" unless %session;
  } elsif ($command == 0x80000005 || $command == 0x80000000) {
    my $item = delete $in_flight{"$client $pdu->{seq}"} or return;
    count($pdu->{status} || $command == 0x80000000 ? 'refused' : "$item->{what}_acknowledged");
    push @queue, $item->{then} if $item->{then};
  } elsif (!($command & 0x80000000)) {
    $client->generic_nack(seq => $pdu->{seq}, status => 0x03);
  }
}

sub submitted {
  my ($client, $pdu) = @_;
  my $id = sprintf 'Msg-%06d-xY', scalar @{ $account{submits} };
  my $octets = $pdu->{short_message};
  $octets = $pdu->{message_payload} if !length $octets && defined $pdu->{message_payload};
  my ($last, $rest) = unwrap($octets, $pdu->{esm_class});
  my $coding = $pdu->{data_coding};
  if ($coding == 8) { $rest = Encode::decode('UTF-16BE', $rest) }
  push @{ $account{submits} }, { from => $pdu->{source_addr}, to => $pdu->{destination_addr}, text => $rest,
    octets => unpack('H*', $octets), data_coding => $coding, esm_class => $pdu->{esm_class},
    sequence => $pdu->{seq}, message_id => $id,
    defined $pdu->{sar_msg_ref_num} ? (sar => [ unpack('n', $pdu->{sar_msg_ref_num}), ord $pdu->{sar_total_segments},
      ord $pdu->{sar_segment_seqnum} ]) : () };
  check();
  my $response = sub { $client->submit_sm_resp(message_id => $id, seq => $pdu->{seq}) };
  if ($holding) { push @held, $response } else { $response->() }
  return if $no_receipts;
  my $answer = { what => 'answers', submit => $pdu, esm_class => 0, tlvs => [],
    text => 'Answer from ' . substr $pdu->{destination_addr}, -4 };
  push @queue, { what => 'receipts', submit => $pdu, esm_class => 0x04, text => receipt_text($id, $octets),
    tlvs => [ receipted_message_id => "$id\0", message_state => "\x02" ],
    then => !$no_answers && $last ? $answer : undef };
}

sub octets {
  my ($text, $coding) = @_;
  return Encode::encode('UTF-16BE', $text) if $coding eq 'ucs2';
  return Encode::encode('iso-8859-1', $text) if $coding eq 'latin1';
  return Encode::encode('gsm0338', $text);
}

my %data_coding = (gsm => 0, latin1 => 3, ucs2 => 8);

# A phone writes: the parts of its text go into the queue.
sub text {
  my $order = shift;
  my ($coding, $long) = @{$order}{qw(coding long)};
  my $to = { destination_addr => $order->{from}, dest_addr_ton => 1, dest_addr_npi => 1, source_addr => $order->{to},
    source_addr_ton => 1, source_addr_npi => 1 };
  my %item = (what => 'texts', submit => $to, data_coding => $data_coding{$coding}, esm_class => 0, tlvs => []);
  if ($long eq 'none') { push @queue, { %item, text => octets($order->{text}, $coding) }; return }
  if ($long eq 'payload') {
    push @queue, { %item, text => '', tlvs => [ message_payload => octets($order->{text}, $coding) ] };
    return;
  }
  my @chunks = ('');
  for my $character (split //, $order->{text}) {
    my $piece = octets($character, $coding);
    push @chunks, '' if length($chunks[-1]) + length($piece) > ($coding eq 'gsm' ? 153 : 134);
    $chunks[-1] .= $piece;
  }
  $reference = ($reference + 1) & 0xFF;
  my ($total, $n) = (scalar @chunks, 0);
  for my $chunk (@chunks) {
    $n++;
    push @queue, $long eq 'sar'
      ? { %item, text => $chunk, tlvs => [ sar_msg_ref_num => pack('n', $reference), sar_total_segments => chr $total,
          sar_segment_seqnum => chr $n ] }
      : { %item, text => pack('C6', 5, 0, 3, $reference, $total, $n) . $chunk, esm_class => 0x40 };
  }
}

sub command {
  my ($word, $rest) = $_[0] =~ /^(\S+)\s*(.*)/ or return;
  my $order = $rest ? JSON::PP->new->utf8->decode($rest) : {};
  if ($word eq 'text') { text($order) }
  elsif ($word eq 'flood') {
    text({ from => '' . ($order->{from} + $_), to => $order->{to}, text => "Text $_", coding => 'gsm', long => 'none' })
      for 0 .. $order->{count} - 1;
  } elsif ($word eq 'hold') { $holding = 1 }
  elsif ($word eq 'release') { $holding = 0; print 'RELEASED ', scalar @held, "\n"; $_->() for splice @held }
  elsif ($word eq 'enquire') { $asked = keys %session; $_->{client}->enquire_link(async => 1) for values %session }
  elsif ($word eq 'unbind') { $_->{client}->unbind(async => 1) for values %session }
  elsif ($word eq 'expect') { $expected = $order; check() }
}

while (!$stop) {
  for my $ready ($select->can_read) {
    if ($ready == $listener) {
      my $client = $listener->accept or next;
      setsockopt $client, IPPROTO_TCP, TCP_NODELAY, 1;
      $select->add($client);
      next;
    }
    if ($ready == \*STDIN) {
      sysread(STDIN, $input, 65536, length $input) or $select->remove(\*STDIN);
      command($1) while $input =~ s/^([^\n]*)\n//;
      next;
    }
    my $pdu = do { local $SIG{__WARN__} = sub { }; $ready->read_pdu };
    if ($pdu) { received($ready, $pdu) } else { drop($ready) }
  }
  pump();
}
print 'SUMMARY ', JSON::PP->new->ascii->canonical->encode(\%account), "\n";
