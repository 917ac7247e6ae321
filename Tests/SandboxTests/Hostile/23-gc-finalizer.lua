-- expect: script '__gc' is not available
-- Finalizers would show when memory is collected.
setmetatable({}, { __gc = function() end })
