-- expect: ok
-- A comparison that contradicts itself gives some order.
local t = {}
for i = 1, 1000 do t[i] = (i * 7919) % 1000 end
table.sort(t, function(a, b) return true end)
assert(#t == 1000)
