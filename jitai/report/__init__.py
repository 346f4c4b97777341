"""Reports to hand over: one HTML file that opens from disk, without network."""
