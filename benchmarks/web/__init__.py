"""What the benchmarks of the web share: load, processor time of processes, a company of their own, and the peer."""
