"""A simulated city: ordinary work, honest noise and planted misconduct, from a seed."""
