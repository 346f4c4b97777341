"""Stories: runs with captions, told to people who decide; data files under assets/stories/."""
