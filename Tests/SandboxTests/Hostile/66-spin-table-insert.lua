-- expect: cpu
-- Inserting at the front of a long list.
local t = {}
while #t < 1e6 do table.insert(t, 1, 1) end
