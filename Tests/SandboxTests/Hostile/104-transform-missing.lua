-- expect: script does not call transform
-- transform replaced by nothing.
transform = nil or function() end
transform {}
