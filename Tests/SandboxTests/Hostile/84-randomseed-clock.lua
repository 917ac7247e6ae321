-- expect: script no clock
-- A seed from the clock.
math.randomseed()
