"""The data of the course."""
