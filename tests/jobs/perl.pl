# SPDX-License-Identifier: ISC
# perl without modules: hashes, regular expressions, sorting, fork, pipes, files.
my %count;
$count{$_ * 7919 % 17}++ for 1 .. 2000;
print join(' ', map { "$_=$count{$_}" } sort { $a <=> $b } keys %count), "\n";
my $text = "The quick brown fox " x 100;
(my $other = $text) =~ s/(\w+) (\w+)/$2 $1/g;
print length($other), ' ', substr($other, 0, 20), ' ', scalar(() = $text =~ /o/g), "\n";
pipe(my $in, my $out);
my $pid = fork // die;
if (!$pid) { close $in; print $out "child says ", 6 * 7, "\n"; exit 4; }
close $out;
print <$in>;
waitpid $pid, 0;
print "status ", $? >> 8, "\n";
my $path = "$ENV{TMP}/perl.txt";
open my $f, '>', $path or die; print $f "$_\n" for 1 .. 100; close $f;
open $f, '<', $path or die; my $sum = 0; $sum += $_ while <$f>; close $f;
print "$sum ", -s $path, " ", unlink($path), " ", (-e $path ? "there" : "gone"), "\n";
printf "%.10f %s %x %b\n", atan2(0, -1), 2 ** 53, 255, 10;
print `echo from a command`;
local $SIG{ALRM} = sub { print "alarm\n" };
eval { die { code => 5 } }; print "died $@->{code}\n";
print sprintf("%vd", "1.22.333"), " ", join(',', reverse sort qw(b a c)), "\n";
