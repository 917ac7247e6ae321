-- expect: denied
-- Another script, unexecuted.
loadfile('/etc/hostname')()
