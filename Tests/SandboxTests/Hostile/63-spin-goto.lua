-- expect: cpu
-- A loop without a loop.
::again:: goto again
