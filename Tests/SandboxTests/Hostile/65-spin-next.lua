-- expect: cpu
-- next on a large table, over and over.
local t = {}
for i = 1, 100000 do t[i] = i end
local k
repeat k = next(t, k) until k == nil
