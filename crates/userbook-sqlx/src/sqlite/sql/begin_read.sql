-- All reads see the state of the first one, and never wait.
BEGIN DEFERRED
