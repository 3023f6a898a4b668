"""The seminar: a class plays the game in the browser. `room` and what it stands on know nothing of the web."""
