-- expect: script
-- The metatable that all strings share is protected.
getmetatable('').__index = function() return 1 end
