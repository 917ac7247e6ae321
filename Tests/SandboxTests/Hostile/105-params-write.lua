-- expect: script cannot be changed
-- Parameters are given, not made.
params.x = 1
