"""The game: a person decides for a policy, or before a judge; then the same days beside what others make of them."""
