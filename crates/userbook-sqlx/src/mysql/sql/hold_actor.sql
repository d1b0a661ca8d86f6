-- Compares the state of the actor's row, and locks it until the commit; it is written for the sake of clusters.
-- In this order: actor, the actor's expected revision
UPDATE userbook_user SET relied_on = relied_on + 1 WHERE id = ? AND revision = ?
