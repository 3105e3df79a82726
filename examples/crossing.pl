#!/usr/bin/env perl
# The traffic lights of a crossing, in a language that has no client: HTTP and JSON are all it takes. Nothing is used but
# what comes with Perl.
#
#     trainee serve --home home
#     perl examples/crossing.pl http://127.0.0.1:8765
use strict;
use warnings;
use HTTP::Tiny;
use JSON::PP;
use Time::HiRes qw(sleep);

my $URL     = shift // 'http://127.0.0.1:8765';
my $TICK_S  = 0.02;
my $TICKS   = 50;     # an hour at the crossing, in one to two seconds
my $MOST    = 20;     # cars that find room in a road
my $RUN     = sprintf '%x-%x', time, $$;    # so that no name is used twice, in this run or another
my %HEADERS = ('content-type' => 'application/json');
$HEADERS{authorization} = "Bearer $ENV{TRAINEE_KEY}" if $ENV{TRAINEE_KEY};
# A connection for each call: over a kept one the body would wait some 40 ms until the receipt of the header is there.
my $http = HTTP::Tiny->new(default_headers => \%HEADERS, timeout => 60, keep_alive => 0);

# A call, made again where the service says that this may help, or does not answer. Nothing is done twice by that, since
# each call says under which name it is to be done.
sub call {
    my ($path, $body) = @_;
    my ($answer, $told);
    for my $try (0 .. 5) {
        sleep 0.1 * 2**$try if $try;
        $answer = $http->post("$URL/v1/$path", {content => encode_json($body)});
        $told   = eval { decode_json($answer->{content}) };
        return $told if $answer->{success};
        last unless $answer->{status} == 599 || ($told && $told->{error}{retry});
    }
    die "$path: $answer->{status} ", ($told ? $told->{error}{message} : $answer->{content}), "\n";
}

# The crossing. Cars come on two roads, in one hour more from north and south, in another more from east and west. One
# leaves in each tick where it is green. After a change nobody goes for two ticks.
my @waiting = (0, 0);
my ($green, $yellow, $since) = (0, 0, 0);

sub tick {
    my ($wanted, @coming) = @_;
    ($green, $yellow, $since) = ($wanted, 2, 0) if $wanted != $green && !$yellow;
    $since++;
    for my $road (0, 1) {
        $waiting[$road]++ if rand() < $coming[$road] && $waiting[$road] < $MOST;
    }
    if    ($yellow)          { $yellow-- }
    elsif ($waiting[$green]) { $waiting[$green]-- }
    return -($waiting[0] + $waiting[1]) / 10;
}

sub seen { return {'north-south' => $waiting[0], 'east-west' => $waiting[1], green => $green, yellow => $yellow} }

# What the lights did before there was an agent: a change every twelve ticks, whoever is waiting.
sub clockwork { return $since >= 12 ? 1 - $green : $green }

call('jobs', {
    job               => 'crossing',
    observation_space => {
        type   => 'Dict',
        spaces => {
            'north-south' => {type => 'Box', shape => [], low => 0, high => $MOST, dtype => 'float32'},
            'east-west'   => {type => 'Box', shape => [], low => 0, high => $MOST, dtype => 'float32'},
            'green'       => {type => 'Discrete', n => 2},
            'yellow'      => {type => 'Discrete', n => 3},    # for how many ticks
        },
    },
    action_space => {type => 'Discrete', n => 2},    # 0: green for north and south, 1: for east and west
    idle_s       => 60,
});

for (my $hour = 0; ; $hour++) {
    my @coming  = rand() < 0.5 ? (0.55, 0.15) : (0.15, 0.55);
    my $episode = call('jobs/crossing/episodes', {episode => "$RUN-$hour"})->{episode};
    my $reward;    # of the decision before; it travels with the next call
    for my $sequence (0 .. $TICKS - 1) {
        my $decision = call("episodes/$episode/decisions", {
            event_id        => "tick-$sequence",
            sequence        => $sequence,
            observation     => seen(),
            baseline_action => clockwork(),
            deadline_ms     => 3000,    # where a person answers, so long may that take
            defined $reward ? (reward => {value => $reward}) : (),
        });
        $reward = tick($decision->{action}, @coming);
        sleep $TICK_S;
    }
    call("episodes/$episode/end", {
        truncated   => JSON::PP::true,
        observation => seen(),
        reward      => {value => $reward},
    });
}
