-- expect: script
-- The parser's depth is limited.
local s = string.rep('(', 100000) .. '1' .. string.rep(')', 100000)
assert(load('return ' .. s))
