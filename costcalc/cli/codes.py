"""The exit codes.

0 yes; 1 the question asked is answered no; 2 bad usage or a bad spec; 3 a bug in costcalc; 130 Ctrl-C;
141 standard output closed early.
"""

ANSWERED_NO = 1
BAD_USAGE = 2
BUG = 3
INTERRUPTED = 130
CLOSED_EARLY = 141
