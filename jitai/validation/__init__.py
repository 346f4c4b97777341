"""Judging the judge: how often it is right on labelled statements, and where it is wrong."""
