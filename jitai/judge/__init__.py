"""The judge: reads what a participant wrote and says whether a message may be sent now."""
