-- expect: denied
-- Memory figures differ between machines.
collectgarbage('count')
