-- expect: cpu inside a library function
-- A pattern that backtracks for ages.
local s = string.rep('a', 40000)
local _ = s:find(string.rep('a-', 6) .. 'b')
