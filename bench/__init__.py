"""Benchmarks against what a user would do without hwlib; ``make bench`` runs them all."""
