-- expect: memory
-- The same, caught: its own error is catchable, and the run ends all the same.
local ok = pcall(string.rep, 'x', 1 << 30)
local ok2 = pcall(string.rep, 'x', 1 << 30)
