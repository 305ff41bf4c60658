"""Benchmarks: a load client, sinks, a naive baseline and the machine's limits."""
