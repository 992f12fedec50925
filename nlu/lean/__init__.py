"""Rasa made lean: the few places where it works more than a turn needs, each changed here and nowhere else.

What Rasa 3.6.21 does, what is done instead, and what that saves:

- It imports TensorFlow for parts that we do not have. Left out (``absent.py``): 350 MB and half of the start.
- It reads its schema of answers at every call of an action and tries every kind of event. Read once, and the kind that
  the event names is tried (``answers.py``): most of a call.
- It opens a connection for every call of an action. Connections stay open (``calls.py``).
- It looks for the class of every stored event among all classes. Looked up in a table (``events.py``).
- It writes the whole domain out for every message, to see whether it is empty. Seen once (``domain.py``).
- It stores a new dialogue before its first turn. Stored with it (``memory.py``): a commit.
- It lets dask plan the few steps of a model for every message. Planned once (``graph.py``).
- It looks for a rule that fits the text, then for one that fits the intent. Ours want intents (``rules.py``): a third
  of the rules' work.
- It opens SQLite's file anew for every look. It stays open (``memory.py``).
- It counts all stored events before each save and writes through the ORM. The store remembers what it has read and
  writes one statement (``memory.py``): a query and half of a save.
- It keeps SQLite's log of old, which waits for the disk twice. A write-ahead log, every commit still synced
  (``memory.py``): a wait for the disk.
- It reads a dialogue from its beginning, however long it is. A long one goes on in a new session (``sessions.py``):
  turn 300 costs what turn 5 costs.
- It lets Python look through all objects of a loaded model for garbage, again and again. They are set aside
  (``garbage.py``): a pause, now and then, in which nobody is answered.

And one for what an answer is worth: a question that is asked again, because its answer was lost on the way, gets the
same one (``again.py``). It costs nothing where nothing is lost.

Nothing here gives up durability. `make bench` measures it beside Rasa as it comes. The store of endpoints.yml,
``nlu.lean.memory.LeanTrackerStore``, brings the others with it.
"""
