-- expect: cpu
-- A reader that never ends, of text that is never complete.
load(function() return ' ' end)
