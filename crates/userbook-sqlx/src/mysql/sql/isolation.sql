-- For the next transaction alone: each statement sees what was committed before it, and locks no gaps.
SET TRANSACTION ISOLATION LEVEL READ COMMITTED
