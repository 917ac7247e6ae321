-- expect: script
-- A yield across the host.
function row(r) coroutine.yield(r) end
