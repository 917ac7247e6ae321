-- expect: script
-- __concat that concatenates itself.
local t = setmetatable({}, { __concat = function(a, b) return a .. b end })
local _ = t .. 'x'
