-- expect: cpu
-- A library loop over a long text.
local s = string.rep('é', 1 << 20)
while true do utf8.len(s) end
