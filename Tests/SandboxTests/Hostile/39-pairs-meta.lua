-- expect: script
-- __pairs that gives no function.
for k in pairs(setmetatable({}, { __pairs = function() return 1 end })) do end
