-- What Rasa remembers of dialogues, beside the records, so that it can be thrown away.
CREATE DATABASE rasa;
