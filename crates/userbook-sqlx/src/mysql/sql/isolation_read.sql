-- For the next transaction alone: all its statements see one state.
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ
