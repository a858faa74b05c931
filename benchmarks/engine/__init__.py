"""What the engine costs and how it scales: `make bench-engine`; docs/benchmarks.md says what is measured and how."""
