"""What maintainers run: checks, tests, and the generated parts of the documentation."""
