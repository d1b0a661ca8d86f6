-- Each statement sees what was committed before it, including the writes that it waited for.
BEGIN ISOLATION LEVEL READ COMMITTED
