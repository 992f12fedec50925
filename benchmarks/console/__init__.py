"""What the console costs: clicks and keys of a clerk's common tasks, and how fast news reach every open screen."""
