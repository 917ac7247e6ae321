-- expect: script 100 counters
-- Counters without end.
for i = 1, 1000 do counter('c' .. i) end
function row(r) for i = 1, 1000 do counter('c' .. i) end return r end
