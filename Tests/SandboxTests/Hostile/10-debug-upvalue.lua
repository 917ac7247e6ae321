-- expect: denied
-- Upvalues of library functions.
debug.setupvalue(pairs, 1, print)
