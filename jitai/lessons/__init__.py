"""Lessons as data: reading and checking their files, living their people, scoring predictions, summing up a class."""
