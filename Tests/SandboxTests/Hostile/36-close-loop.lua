-- expect: cpu
-- A to-be-closed variable that never closes.
do local x <close> = setmetatable({}, { __close = function() while true do end end }) end
