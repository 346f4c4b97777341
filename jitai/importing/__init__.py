"""Reading the files that people have: tables of statements in whatever form, told apart, previewed and counted."""
