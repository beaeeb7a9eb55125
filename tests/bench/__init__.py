"""The benchmark: our own pages, API and jobs beside the same work as bare SQL. See docs/bench.md.

make bench                          everything, on private servers
make bench BENCH=list SCALE=0.1     what has "list" in its name, on a tenth of the rows
"""
