-- expect: script
-- A width beyond what format allows.
string.format('%99999999d', 1)
