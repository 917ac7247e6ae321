-- expect: denied
-- The debug library.
debug.getinfo(1)
