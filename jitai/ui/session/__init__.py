"""What a browser session remembers."""
