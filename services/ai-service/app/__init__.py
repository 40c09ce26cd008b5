"""The AI service: names the emotion that a text carries."""
