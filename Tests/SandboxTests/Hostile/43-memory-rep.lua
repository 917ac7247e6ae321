-- expect: memory
-- string.rep of a gigabyte.
local s = string.rep('x', 1 << 30)
