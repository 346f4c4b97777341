"""Designing a study: how many people a real trial needs, in which nobody lives twice."""
