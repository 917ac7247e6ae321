-- expect: memory
-- A replacement that explodes.
local s = string.rep('a', 1 << 16)
local _ = #s:gsub('a', string.rep('b', 1 << 12))
