"""What the benchmark measures the package against: the same work done by other means."""
